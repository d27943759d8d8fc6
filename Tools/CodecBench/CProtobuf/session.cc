// What protoc wrote into the scratch folder, which the build passes with -I.
#include "session.pb.cc"

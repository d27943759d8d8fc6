// What protoc wrote into the scratch folder, which the build passes with -I.
#include "link.pb.cc"

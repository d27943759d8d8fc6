// What protoc wrote into the scratch folder, which the build passes with -I.
#include "model.pb.cc"

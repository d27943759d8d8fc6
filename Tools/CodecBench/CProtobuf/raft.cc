// What protoc wrote into the scratch folder, which the build passes with -I.
#include "raft.pb.cc"

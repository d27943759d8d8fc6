// The other opinion: libprotobuf reads the same bytes with the schema of proto/, by reflection alone.
//
// `Tools/fuzz` compiles this and links it; `Targets/Differential.swift` asks. Nothing of it is shipped.

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

/// What the schema does not say of a message.
struct Traits {
    bool keepsUnknown = false;
    /// Fields that hold so many bytes or none, and whose zero is none.
    std::map<int, size_t> fixed;
};

google::protobuf::DescriptorPool pool;
google::protobuf::DynamicMessageFactory factory(&pool);
std::map<const Descriptor *, Traits> traits;

void readSchema() {
    google::protobuf::SetLogHandler(nullptr);
    std::ifstream file(std::getenv("CONCLAVE_FUZZ_SCHEMA"), std::ios::binary);
    google::protobuf::FileDescriptorSet set;
    if (!set.ParseFromIstream(&file)) abort();
    for (auto &one : set.file()) {
        if (!pool.BuildFile(one)) abort();
    }
}

const Descriptor *find(const char *name) {
    static bool isRead = (readSchema(), true);
    (void)isRead;
    auto found = pool.FindMessageTypeByName(std::string("conclave.v1.") + name);
    if (!found) abort();
    return found;
}

std::unique_ptr<Message> parse(const Descriptor *type, const void *start, size_t count) {
    std::unique_ptr<Message> message(factory.GetPrototype(type)->New());
    if (!message->ParseFromArray(start, int(count))) return nullptr;
    return message;
}

std::string written(const Message &message) {
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&coded);
    }
    return bytes;
}

bool isZero(const std::string &bytes, size_t count) {
    return bytes.size() == count && bytes.find_first_not_of('\0') == std::string::npos;
}

/// Reads a map by reflection as what it is: of each key the last entry, by key, with nothing unknown. By reflection alone
/// it is a list of entries as they came. All maps of the schema are strings by string.
void settleMap(Message *message, const FieldDescriptor *field) {
    auto reflection = message->GetReflection();
    auto key = field->message_type()->map_key(), value = field->message_type()->map_value();
    if (key->type() != FieldDescriptor::TYPE_STRING || value->type() != FieldDescriptor::TYPE_STRING) abort();
    std::map<std::string, std::string> pairs;
    for (int place = 0; place < reflection->FieldSize(*message, field); place++) {
        auto &entry = reflection->GetRepeatedMessage(*message, field, place);
        pairs[entry.GetReflection()->GetString(entry, key)] = entry.GetReflection()->GetString(entry, value);
    }
    reflection->ClearField(message, field);
    for (auto &pair : pairs) {
        auto entry = reflection->AddMessage(message, field);
        entry->GetReflection()->SetString(entry, key, pair.first);
        entry->GetReflection()->SetString(entry, value, pair.second);
    }
}

/// Takes out what Conclave does not keep: unknown fields where it drops them, and IDs of zeros, which are none.
void settle(Message *message, bool *hasUnknown) {
    auto reflection = message->GetReflection();
    auto &mine = traits[message->GetDescriptor()];
    if (!mine.keepsUnknown) reflection->MutableUnknownFields(message)->Clear();
    if (!reflection->GetUnknownFields(*message).empty()) *hasUnknown = true;
    std::vector<const FieldDescriptor *> fields;
    reflection->ListFields(*message, &fields);
    for (auto field : fields) {
        auto fixed = mine.fixed.find(field->number());
        if (fixed != mine.fixed.end()) {
            if (field->is_repeated()) {
                for (int place = 0; place < reflection->FieldSize(*message, field); place++) {
                    if (isZero(reflection->GetRepeatedString(*message, field, place), fixed->second))
                        reflection->SetRepeatedString(message, field, place, "");
                }
            } else if (isZero(reflection->GetString(*message, field), fixed->second)) {
                reflection->SetString(message, field, "");
            }
        }
        if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
        if (field->is_map()) {
            settleMap(message, field);
        } else if (field->is_repeated()) {
            for (int place = 0; place < reflection->FieldSize(*message, field); place++)
                settle(reflection->MutableRepeatedMessage(message, field, place), hasUnknown);
        } else {
            settle(reflection->MutableMessage(message, field), hasUnknown);
        }
    }
}

// Known disagreements: what libprotobuf 3.21 takes and Conclave refuses. Each has a name and a reason.
//
//   tag beyond 32 bits   3.21 drops the high bits of a tag's fifth byte; later versions, and we, refuse it
//   fixed bytes          an ID has 16 bytes or none, which the schema can't say
enum class Known { none, longTag, fixedBytes };

Known known(const Descriptor *type, const uint8_t *next, const uint8_t *end, const uint8_t **rest = nullptr) {
    auto varint = [&](uint64_t *value) {
        *value = 0;
        for (int place = 0; place < 10 && next < end; place++) {
            uint8_t byte = *next++;
            *value |= uint64_t(byte & 0x7f) << (7 * place);
            if (byte < 0x80) return true;
        }
        return false;
    };
    uint64_t tag, value;
    while (next < end) {
        if (!varint(&tag)) return Known::none;
        if (tag >> 32) return Known::longTag;
        auto field = type ? type->FindFieldByNumber(int(tag >> 3)) : nullptr;
        switch (tag & 7) {
        case 0:
            if (!varint(&value)) return Known::none;
            break;
        case 1: next += 8; break;
        case 5: next += 4; break;
        case 2: {
            if (!varint(&value) || value > uint64_t(end - next)) return Known::none;
            if (field && field->type() == FieldDescriptor::TYPE_MESSAGE) {
                auto inner = known(field->message_type(), next, next + value);
                if (inner != Known::none) return inner;
            } else if (field && field->type() == FieldDescriptor::TYPE_BYTES) {
                auto &fixed = traits[type].fixed;
                auto mine = fixed.find(field->number());
                if (mine != fixed.end() && value != 0 && value != mine->second) return Known::fixedBytes;
            }
            next += value;
            break;
        }
        case 3: {
            const uint8_t *after = end;
            auto inner = known(nullptr, next, end, &after);
            if (inner != Known::none) return inner;
            next = after;
            break;
        }
        case 4:
            if (rest) *rest = next;
            return Known::none;
        default: return Known::none;
        }
    }
    return Known::none;
}

}  // namespace

extern "C" {

/// Says what the schema can't: by message, and by field where `count` is not 0.
void conclaveOracleDescribe(const char *name, bool keepsUnknown, int field, size_t count) {
    auto &mine = traits[find(name)];
    mine.keepsUnknown = keepsUnknown;
    if (count > 0) mine.fixed[field] = count;
}

/// Compares Conclave's verdict on `input`, and its encoding `ours` where it takes it, with libprotobuf's. What
/// differs, or null.
const char *conclaveOracleCompare(
    const char *name, const uint8_t *input, size_t count, bool isTaken, const uint8_t *ours, size_t oursCount) {
    auto type = find(name);
    auto theirs = parse(type, input, count);
    if (!isTaken) {
        if (!theirs || known(type, input, input + count) != Known::none) return nullptr;
        return "refused here, taken by libprotobuf";
    }
    if (!theirs) return "taken here, refused by libprotobuf";
    auto back = parse(type, ours, oursCount);
    if (!back) return "what is written here is refused by libprotobuf";
    bool hasUnknown = false;
    std::string canonical = written(*back);
    settle(back.get(), &hasUnknown);
    // Unknown fields stay as they came here; libprotobuf shortens their varints.
    if (!hasUnknown && canonical != std::string(reinterpret_cast<const char *>(ours), oursCount))
        return "another canonical encoding";
    settle(theirs.get(), &hasUnknown);
    if (written(*theirs) != written(*back)) return "another value";
    return nullptr;
}

void conclaveFuzzUse(
    void (*describe)(const char *, bool, int, size_t),
    const char *(*compare)(const char *, const uint8_t *, size_t, bool, const uint8_t *, size_t));

__attribute__((constructor)) static void enter() { conclaveFuzzUse(conclaveOracleDescribe, conclaveOracleCompare); }

}  // extern "C"

#include "core/plugin_host/plugin_library.hpp"

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <fstream>
#include <system_error>

namespace chartroom::plugin_host {
namespace {

constexpr std::uintmax_t kFileBytesMax = 256u << 20;

std::unexpected<base::Error> refuse(std::string_view name, std::string_view why) {
    return base::fail(base::Code::plugin_load, std::string(name) + ": " + std::string(why));
}

std::string_view view(const chartroom_str& str) {
    return {str.data, str.size};
}

// Empty: the entry is what it must be.
std::string_view problem_of(const chartroom_entry& entry, const PluginFile& expected) {
    if (entry.magic != CHARTROOM_MAGIC) return "its entry does not begin with the magic number";
    if (entry.size < sizeof(chartroom_entry))
        return "its entry is shorter than version 1.0 has it: rebuild it with SDK 1.x";
    if (entry.abi_major != expected.abi_major || entry.abi_minor != expected.abi_minor ||
        view(entry.manifest) != expected.manifest)
        return "its entry and its section " CHARTROOM_MANIFEST_SECTION " disagree";
    const chartroom_handler* table = entry.handler;
    if (table == nullptr || table->size < sizeof(chartroom_handler))
        return "its handler table is missing, or shorter than version 1.0 has it: rebuild it with "
               "SDK 1.x";
    if (table->create == nullptr || table->destroy == nullptr || table->event == nullptr ||
        table->extension == nullptr)
        return "its handler table has a function missing";
    return {};
}

}  // namespace

struct PluginLibrary::Loaded {
    boost::dll::shared_library library;
};

PluginLibrary::PluginLibrary(std::unique_ptr<Loaded> loaded, const chartroom_handler* table)
    : loaded_(std::move(loaded)), table_(table) {}
PluginLibrary::~PluginLibrary() = default;

base::Result<std::unique_ptr<PluginLibrary>> PluginLibrary::load(const std::filesystem::path& copy,
                                                                 const PluginFile& expected,
                                                                 std::string_view name) {
    try {
        auto loaded = std::make_unique<Loaded>();
        // The throwing overload: it alone carries the loader's own text.
        loaded->library.load(copy, boost::dll::load_mode::rtld_now);
        const auto& entry = loaded->library.get<const chartroom_entry>(CHARTROOM_ENTRY_SYMBOL);
        // A dependency's entry would be found too.
        const auto place = boost::dll::symbol_location_ptr(&entry);
        if (!std::filesystem::equivalent(place, copy))
            return refuse(name, "its symbol " CHARTROOM_ENTRY_SYMBOL " is not its own but " +
                                    place.string() + "'s");
        if (const std::string_view problem = problem_of(entry, expected); !problem.empty())
            return refuse(name, problem);
        const chartroom_handler* table = entry.handler;
        return std::unique_ptr<PluginLibrary>(new PluginLibrary(std::move(loaded), table));
    } catch (const std::exception& error) {
        return refuse(name, std::string("the loader refuses it (built with ") + expected.toolchain +
                                "): " + error.what());
    }
}

base::Result<std::filesystem::path> archive_plugin(const std::filesystem::path& state,
                                                   std::string_view id, std::string_view sha256,
                                                   std::string_view bytes) {
    namespace fs = std::filesystem;
    const fs::path folder = state / "plugins" / id;
    const fs::path file = folder / (std::string(sha256) + ".so");
    std::error_code error;
    if (fs::exists(file, error)) return file;
    fs::create_directories(folder, error);
    const fs::path part = file.string() + ".part";
    {
        std::ofstream out(part, std::ios::binary | std::ios::trunc);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out)
            return base::fail(base::Code::io, "cannot write the plugin's copy " + part.string());
    }
    fs::permissions(part, fs::perms::owner_read | fs::perms::owner_exec, error);
    fs::rename(part, file, error);
    if (error)
        return base::fail(base::Code::io, "cannot name the plugin's copy " + file.string() + ": " +
                                              error.message());
    return file;
}

base::Result<std::string> read_whole_file(const std::filesystem::path& file) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (error) return refuse(file.string(), "cannot be read: " + error.message());
    if (size > kFileBytesMax) return refuse(file.string(), "is longer than 256 MiB");
    std::string bytes(size, '\0');
    std::ifstream in(file, std::ios::binary);
    if (!in.read(bytes.data(), static_cast<std::streamsize>(size)))
        return refuse(file.string(), "cannot be read");
    return bytes;
}

}  // namespace chartroom::plugin_host

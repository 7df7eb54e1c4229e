// The ELF of plugin_file.hpp: the file header leads to the section headers, one of them to the
// section names, and the section so named begins with chartroom_section. Every offset is checked
// against the file's size before it is followed, and every struct is copied out, since nothing in a
// stranger's file need be aligned.
#include "core/plugin_host/plugin_file.hpp"

#include <chartroom/plugin.h>
#include <elf.h>

#include <cstring>
#include <optional>

namespace chartroom::plugin_host {
namespace {

constexpr std::size_t kSectionsMax = 4096;
constexpr std::size_t kToolchainBytesMax = 256;
constexpr std::size_t kManifestBytesMax = 256u << 10;

std::unexpected<base::Error> refuse(std::string_view name, std::string_view why) {
    return base::fail(base::Code::plugin_load, std::string(name) + ": " + std::string(why));
}

// `size` bytes from `offset`, or nothing if the file is shorter.
std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset,
                                      std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.substr(offset, size);
}

template <typename T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
    const auto found = slice(bytes, offset, sizeof(T));
    if (!found) return std::nullopt;
    T value;
    std::memcpy(&value, found->data(), sizeof value);
    return value;
}

bool is_shared_object(std::string_view bytes, const Elf64_Ehdr& header) {
    const Elf64_Half machine =
#if defined(__x86_64__)
        EM_X86_64;
#elif defined(__aarch64__)
        EM_AARCH64;
#else
        EM_NONE;
#endif
    return bytes.starts_with(ELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_DYN &&
           (machine == EM_NONE || header.e_machine == machine) &&
           header.e_shentsize == sizeof(Elf64_Shdr);
}

std::optional<Elf64_Shdr> section_header(std::string_view bytes, const Elf64_Ehdr& header,
                                         std::size_t index) {
    const std::uint64_t skip = index * sizeof(Elf64_Shdr);
    if (header.e_shoff > bytes.size()) return std::nullopt;
    return read_at<Elf64_Shdr>(bytes, header.e_shoff + skip);
}

// The contents of the section .chartroom.
std::optional<std::string_view> find_section(std::string_view bytes, const Elf64_Ehdr& header) {
    const auto names_header = section_header(bytes, header, header.e_shstrndx);
    if (!names_header) return std::nullopt;
    const auto names = slice(bytes, names_header->sh_offset, names_header->sh_size);
    if (!names) return std::nullopt;
    for (std::size_t i = 0; i < header.e_shnum && i < kSectionsMax; ++i) {
        const auto section = section_header(bytes, header, i);
        if (!section) return std::nullopt;
        if (section->sh_type != SHT_PROGBITS || section->sh_name >= names->size()) continue;
        const std::string_view rest = names->substr(section->sh_name);
        if (rest.substr(0, rest.find('\0')) == CHARTROOM_MANIFEST_SECTION)
            return slice(bytes, section->sh_offset, section->sh_size);
    }
    return std::nullopt;
}

std::string abi_text(unsigned major, unsigned minor) {
    return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

base::Result<PluginFile> read_plugin_file(std::string_view bytes, std::string_view name) {
    const auto header = read_at<Elf64_Ehdr>(bytes, 0);
    if (!header || !is_shared_object(bytes, *header))
        return refuse(name, "is no shared object (ELF, 64 bit) for this machine");
    const auto section = find_section(bytes, *header);
    if (!section)
        return refuse(name,
                      "is a shared object but no Chartroom plugin: it has no "
                      "section " CHARTROOM_MANIFEST_SECTION
                      "; build it with add_chartroom_plugin()");
    const auto head = read_at<chartroom_section>(*section, 0);
    if (!head || head->magic != CHARTROOM_MAGIC || head->size < sizeof(chartroom_section))
        return refuse(name, "its section " CHARTROOM_MANIFEST_SECTION " is not a plugin's");
    if (head->manifest_size > kManifestBytesMax || head->toolchain_size > kToolchainBytesMax)
        return refuse(name, "its manifest is longer than 256 KiB, or its toolchain's name is");
    const auto manifest = slice(*section, head->size, head->manifest_size);
    const auto toolchain =
        slice(*section, std::uint64_t{head->size} + head->manifest_size + 1, head->toolchain_size);
    if (!manifest || !toolchain) return refuse(name, "its manifest is cut off");
    return PluginFile{.abi_major = head->abi_major,
                      .abi_minor = head->abi_minor,
                      .host_minor_least = head->host_minor_least,
                      .toolchain = std::string(*toolchain),
                      .manifest = std::string(*manifest)};
}

base::Result<void> check_abi(const PluginFile& file, std::string_view name) {
    const std::string ours = abi_text(CHARTROOM_ABI_MAJOR, CHARTROOM_ABI_MINOR);
    if (file.abi_major != CHARTROOM_ABI_MAJOR)
        return refuse(name, "built for ABI " + abi_text(file.abi_major, file.abi_minor) + " (" +
                                file.toolchain + "), this server speaks " + ours +
                                ": rebuild it with SDK " + std::to_string(CHARTROOM_ABI_MAJOR) +
                                ".x");
    if (file.host_minor_least > CHARTROOM_ABI_MINOR)
        return refuse(name, "needs a server of ABI " +
                                abi_text(file.abi_major, file.host_minor_least) + " or later (" +
                                file.toolchain + "), this server speaks " + ours +
                                ": update the server, or rebuild it with SDK " + ours);
    return {};
}

}  // namespace chartroom::plugin_host

// SPDX-License-Identifier: Apache-2.0
#include "common/say.h"
#include "images/mend.h"
#include "images/store.h"

#include "base/strings.h"
#include "host/architecture.h"
#include "image/archive_kind.h"
#include "image/digest.h"
#include "image/image_import.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <lxcpp/error.h>

#include <array>
#include <ctime>
#include <fmt/core.h>

// import: an image from files.
namespace lxcpp::tools::images {
namespace {

struct File {
    Fd fd;
    std::string name;
};

// They have layers, and what starts in them.
[[noreturn]] void refuse_oci(std::string_view scheme, const std::string& path) {
    const std::array words{fmt::format("{}:{}", scheme, path)};
    const std::string name = quote_command(words);
    throw Error(fmt::format("{}: is an OCI image, which is not imported: use lxcpp-image pull {}, "
                            "or lxcpp-create -t oci -- --url {}",
                            printable(path), name, name));
}

// An image that was exported, an OCI layout, or a root file system that is not packed.
[[noreturn]] void refuse_directory(const std::filesystem::path& path) {
    if (sys::exists(path / "oci-layout")) refuse_oci("oci", path.string());
    const std::string name = printable(path.string());
    if (sys::exists(path / "incus.tar.xz")) {
        const std::array words{(path / "incus.tar.xz").string(), (path / (sys::exists(path / "rootfs.squashfs") ? "rootfs.squashfs" : "rootfs.tar.xz")).string()};
        throw Error(fmt::format("{}: not a regular file: give the image's files, {}", name, quote_command(words)));
    }
    throw Error(fmt::format("{}: not a regular file: 'lxcpp-image publish' makes an image of a root file system in a directory", name));
}

File open_archive(const std::string& path) {
    if (path == "-") throw Error("an image cannot be read from the standard input: it is read more than once");
    Fd fd = sys::open_file(path, {.nonblock = true});
    const mode_t mode = sys::stat_fd(fd).st_mode;
    if (S_ISDIR(mode)) refuse_directory(path);
    if (!S_ISREG(mode)) throw Error(printable(path) + ": not a regular file");
    return {std::move(fd), path};
}

// --sha256 is of the image: of the one file, or of both, the metadata first. That is its fingerprint.
ImageRecord record_of(const Options& options, const std::string& source) {
    ImageRecord record = named_record(options);
    record.protocol = "import";
    record.source = std::filesystem::absolute(source).string();
    if (options.sha256.empty()) {
        record.verification = "imported from a file without --sha256";
    } else {
        record.fingerprint = image::check_sha256(options.sha256, "--sha256");
        record.verified = true;
        record.verification = "sha256 given at import";
    }
    return record;
}

void require_bare_options(const Options& options, const std::string& name) {
    if (options.distribution.empty()) {
        throw Error(fmt::format("{}: is a root file system without metadata: say what it is, e.g. -d debian -r 12 -a amd64", printable(name)));
    }
}

image::ImageParts one_file(File file, const Options& options, ImageRecord& record) {
    image::ImageParts parts{.metadata = {}, .metadata_name = {}, .lxc_metadata = {}, .lxc_metadata_name = {}, .root = {}, .root_name = {}};
    switch (image::archive_kind(file.fd, file.name)) {
    case image::ArchiveKind::Combined:
        parts.metadata = std::move(file.fd);
        parts.metadata_name = file.name;
        return parts;
    case image::ArchiveKind::Metadata:
        throw Error(printable(file.name) + ": is the metadata of an image: give its root file system too");
    case image::ArchiveKind::Backup:
        throw Error(printable(file.name) +
                    ": is a backup of a container (incus export), not an image");
    case image::ArchiveKind::Oci:
        refuse_oci("oci-archive", file.name);
    case image::ArchiveKind::Root:
        break;
    }
    require_bare_options(options, file.name);
    if (record.architecture.empty()) record.architecture = host_architecture();
    record.created = std::time(nullptr);
    parts.root = std::move(file.fd);
    parts.root_name = file.name;
    return parts;
}

image::ImageParts two_files(File metadata, File root) {
    switch (image::archive_kind(metadata.fd, metadata.name)) {
    case image::ArchiveKind::Metadata: break;
    case image::ArchiveKind::Combined: throw Error(printable(metadata.name) + ": is a whole image: give no root file system beside it");
    default: throw Error(printable(metadata.name) + ": is not the metadata of an image, which comes first");
    }
    return {.metadata = std::move(metadata.fd), .metadata_name = metadata.name, .lxc_metadata = {}, .lxc_metadata_name = {},
            .root = std::move(root.fd), .root_name = root.name};
}

int import(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (words.empty() || words.size() > 2) throw Error("import: give FILE, or METADATA and ROOTFS");
    check_aliases(options.aliases);
    const auto parts_of = [&](ImageRecord& record) {
        File first = open_archive(words[0]);
        return words.size() == 2 ? two_files(std::move(first), open_archive(words[1])) : one_file(std::move(first), options, record);
    };
    ImageRecord wanted = record_of(options, words[0]);
    image::ImageParts parts = parts_of(wanted);
    const OpenStore open = open_store();
    const auto progress = progress_of(cli);
    ImageRecord record = image::import_image(open.store, open.trees, std::move(parts), {.record = wanted}, *progress);
    record = mended(open, record, *progress, [&] { return image::import_image(open.store, open.trees, parts_of(wanted), {.record = wanted}, *progress); });
    give_aliases(cli, open.store, record, options.aliases);
    if (!cli.quiet()) say("{}: {}{}\n", image_label(record), record.verified ? "verified: " : "not verified: ", printable(record.verification));
    if (const auto expired = expiry_text(record, std::time(nullptr)); expired && !cli.quiet()) say("warning: {} {}\n", image_label(record), *expired);
    fmt::print("{}\n", record.fingerprint);
    return 0;
}

void add_options(Cli& cli, Options& options) {
    add_alias_option(cli, options);
    cli.option("--sha256", options.sha256, "what it must hash to: the one file, or metadata and root file system after each other");
    add_naming_options(cli, options);
}

} // namespace

const Verb kImport{"import", "FILE [ROOTFS] [--alias=ALIAS]... [--sha256=HEX]", "add an image from files", add_options, import};

} // namespace lxcpp::tools::images

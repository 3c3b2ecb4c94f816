// SPDX-License-Identifier: Apache-2.0
#include "container/image_files.h"

#include "base/error.h"
#include "base/strings.h"
#include "base/template_text.h"

#include <algorithm>
#include <fmt/core.h>
#include <sys/stat.h>

namespace lxcpp {
namespace {

constexpr auto kInRoot = sys::Links::InRoot;
constexpr std::size_t kMostOfAFile = 1u << 20;
constexpr std::string_view kOwnAddress = "127.0.1.1"; // Debian's, for the machine's own name

bool has(const std::vector<std::string>& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

class Personalization {
public:
    Personalization(const sys::RootedDir& root, const ImageFilesWish& wish) : root_(root), wish_(wish) {}

    void run() {
        for (const std::string& path : wish_.content.substitute) {
            with_context("the image's file " + printable(path), [&] { substitute(path); });
        }
        for (const ImageTemplate& one : wish_.content.templates) {
            with_context("the image's template for " + printable(one.target), [&] { apply(one); });
        }
        if (!is_directory("etc")) return;
        if (!is_made("/etc/hostname")) write("etc/hostname", wish_.words.name + '\n', {0, 0, 0644});
        if (!is_made("/etc/hosts")) name_in_hosts();
    }

private:
    struct Owner {
        uid_t uid;
        gid_t gid;
        mode_t mode;
    };

    bool is_directory(std::string_view path) const {
        const auto info = root_.stat(path, kInRoot);
        return info && S_ISDIR(info->st_mode);
    }

    // Something of the image writes it.
    bool is_made(std::string_view path) const {
        return has(wish_.content.substitute, path) ||
               std::ranges::any_of(wish_.content.templates, [&](const ImageTemplate& one) { return one.target == path && applies(one); });
    }

    // A file that is there keeps its owner and mode; owner: in the ids of the image.
    void write(std::string_view path, std::string_view text, const Owner& owner) const {
        const auto old = root_.stat(path, kInRoot);
        const bool keep = old && S_ISREG(old->st_mode);
        root_.write_file(path, text, keep ? old->st_mode & 07777 : owner.mode, kInRoot);
        root_.chown(path, keep ? old->st_uid : owner.uid + wish_.uid_shift, keep ? old->st_gid : owner.gid + wish_.gid_shift, kInRoot);
        if ((keep ? old->st_mode : owner.mode) & (S_ISUID | S_ISGID)) root_.chmod(path, (keep ? old->st_mode : owner.mode) & 07777, kInRoot);
    }

    void make_parents(std::string_view path) const {
        std::size_t slash = path.find('/');
        for (; slash != path.npos; slash = path.find('/', slash + 1)) {
            const std::string_view parent = path.substr(0, slash);
            if (parent.empty() || root_.exists(parent, kInRoot)) continue;
            root_.make_dir(parent, 0755, kInRoot);
            root_.chown(parent, wish_.uid_shift, wish_.gid_shift, kInRoot);
        }
    }

    void substitute(const std::string& path) const {
        const auto info = root_.stat(path, kInRoot);
        if (!info || !S_ISREG(info->st_mode)) return;
        const auto text = root_.read_file(path, kMostOfAFile, kInRoot);
        const std::string changed = replace_words(*text, wish_.words);
        if (changed != *text) write(path, changed, {});
    }

    static bool only_at_start(const ImageTemplate& one) {
        return has(one.when, "start") && !has(one.when, "create");
    }
    static bool applies(const ImageTemplate& one) { return has(one.when, "create") || has(one.when, "start"); }

    void apply(const ImageTemplate& one) const {
        if (!applies(one)) return;
        if (one.create_only && root_.exists(one.target, kInRoot)) return;
        const std::string text = render_template(one.text, context(one), "its text");
        const std::string_view path = std::string_view(one.target).substr(std::min(one.target.find_first_not_of('/'), one.target.size()));
        make_parents(path);
        write(path, text, {one.uid, one.gid, one.mode});
        if (only_at_start(one) && wish_.note) {
            wish_.note("the image wants " + printable(one.target) + " to be made anew at each start: it is made once, now");
        }
    }

    // What Incus offers (reference: metadata.yaml of its images).
    TemplateContext context(const ImageTemplate& one) const {
        TemplateValue::Map config;
        for (const auto& [name, value] : wish_.record.properties) config.emplace("image." + name, value);
        TemplateValue::Map properties;
        for (const auto& [name, value] : one.properties) properties.emplace(name, value);
        const TemplateValue::Map instance{{"name", wish_.words.name},
                                          {"type", "container"},
                                          {"architecture", wish_.record.architecture},
                                          {"privileged", wish_.privileged ? "true" : "false"},
                                          {"ephemeral", "false"}};
        TemplateContext context;
        context.variables = {{"trigger", "create"},   {"path", one.target}, {"instance", instance},
                             {"container", instance}, {"config", config},   {"devices", TemplateValue::Map{}},
                             {"properties", std::move(properties)}};
        context.functions["config_get"] = [config](const TemplateValue::List& arguments) -> TemplateValue {
            if (arguments.size() != 2) throw Error("config_get has two arguments: a key and what there is without it");
            const auto found = config.find(value_text(arguments[0]));
            std::string text = value_text(found == config.end() ? arguments[1] : found->second);
            text.erase(text.find_last_not_of('\n') + 1);
            return text;
        };
        return context;
    }

    // What it says already stays, but for the name of the machine that the image was made of.
    void name_in_hosts() const {
        const auto info = root_.stat("etc/hosts", kInRoot);
        std::string text;
        if (info && S_ISREG(info->st_mode)) text = root_.read_file("etc/hosts", kMostOfAFile, kInRoot).value_or("");
        std::string kept;
        for (const std::string_view line : split_lines(text)) {
            const auto words = split_words(line);
            if (std::ranges::find(words, wish_.words.name) != words.end()) return;
            if (words.empty() || words.front() != kOwnAddress) kept += std::string(line) + '\n';
        }
        text = std::move(kept);
        if (trim(text).empty()) text = "127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\n";
        write("etc/hosts", text + std::string(kOwnAddress) + '\t' + wish_.words.name + '\n', {0, 0, 0644});
    }

    const sys::RootedDir& root_;
    const ImageFilesWish& wish_;
};

} // namespace

void personalize_image(const sys::RootedDir& root, const ImageFilesWish& wish) { Personalization(root, wish).run(); }

} // namespace lxcpp

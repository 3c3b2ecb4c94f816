// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_resolve.h"

#include "image/yaml_text.h"

#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

// Values as YAML, a line or more below each other; depth is the indentation of what belongs to a key.
class Writer {
public:
    [[nodiscard]] std::string take() { return std::move(text_); }

    template <Section T>
    void members(const T& section, std::size_t depth, bool in_list = false) {
        bool first = in_list; // the "- " stands in front of it already
        const auto member = [&](std::string_view name, const auto& value) {
            if (is_empty(value)) return;
            if (!std::exchange(first, false)) text_ += std::string(depth, ' ');
            text_ += fmt::format("{}:", name);
            write(value, depth);
        };
        T::fields(member, section);
        if (first) text_ += "{}\n";
    }

private:
    static bool is_empty(const std::string& text) { return text.empty(); }
    static bool is_empty(bool flag) { return !flag; }
    static bool is_empty(std::uint64_t number) { return number == 0; }
    static bool is_empty(TargetType) { return false; }
    template <typename T>
    static bool is_empty(const std::vector<T>& list) { return list.empty(); }
    static bool is_empty(const std::map<std::string, std::string>& map) { return map.empty(); }
    template <typename T>
    static bool is_empty(const std::optional<T>& value) { return !value; }
    template <Section T>
    static bool is_empty(const T& section) {
        bool empty = true;
        T::fields([&](std::string_view, const auto& value) { empty = empty && is_empty(value); }, section);
        return empty;
    }

    void write(const std::string& text, std::size_t depth) { text_ += " " + image::yaml_scalar(text, depth + 2) + "\n"; }
    void write(bool flag, std::size_t) { text_ += flag ? " true\n" : " false\n"; }
    void write(std::uint64_t number, std::size_t) { text_ += fmt::format(" {}\n", number); }
    void write(TargetType type, std::size_t) { text_ += type == TargetType::Vm ? " vm\n" : " container\n"; }

    void write(const std::map<std::string, std::string>& map, std::size_t depth) {
        text_ += '\n';
        for (const auto& [name, value] : map)
            text_ += fmt::format("{:{}}{}: {}\n", "", depth + 2, image::yaml_scalar(name, 0), image::yaml_scalar(value, depth + 4));
    }

    template <typename T>
    void write(const std::optional<T>& value, std::size_t depth) { write(*value, depth); }

    template <Section T>
    void write(const T& section, std::size_t depth) {
        if (is_empty(section)) { // it is there all the same
            text_ += " {}\n";
            return;
        }
        text_ += '\n';
        members(section, depth + 2);
    }

    template <typename T>
    void write(const std::vector<T>& list, std::size_t depth) {
        text_ += '\n';
        for (const T& one : list) {
            text_ += fmt::format("{:{}}-", "", depth);
            if constexpr (Section<T>) {
                text_ += ' ';
                members(one, depth + 2, true);
            } else {
                write(one, depth);
            }
        }
    }

    std::string text_;
};

} // namespace

std::string recipe_yaml(const Recipe& recipe) {
    Writer writer;
    writer.members(recipe, 0);
    return writer.take();
}

} // namespace lxcpp::distro

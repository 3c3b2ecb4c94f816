// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe_extras.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a recipe says (distrobuilder's "definition"), as values. Each struct lists its keys once, in fields(): what
// reads, shows and renders recipes goes by that list. self is the struct itself, const or not.
namespace lxcpp::distro {

enum class TargetType { Container, Vm };

// Where an entry stands, "debian.yaml:3:7": says nothing of what it is.
struct Place {
    std::string text = {};

    bool operator==(const Place&) const noexcept { return true; }
};

// For which images an entry is meant; an empty list is for all.
struct Filter {
    std::vector<std::string> releases;
    std::vector<std::string> architectures; // by the name that the distribution gives them
    std::vector<std::string> variants;
    std::vector<TargetType> types;

    static void fields(auto&& visit, auto& self) {
        visit("releases", self.releases);
        visit("architectures", self.architectures);
        visit("variants", self.variants);
        visit("types", self.types);
    }
    bool operator==(const Filter&) const = default;
};

struct ImageSection {
    std::string distribution;
    std::string release;
    std::string architecture;
    std::string variant;
    std::string name;        // a template
    std::string description; // a template
    std::string serial;
    std::string expiry; // "30d", "1w 2d"
    // Derived of architecture, whatever the recipe says.
    std::string architecture_mapped;      // as the distribution says: "amd64"
    std::string architecture_kernel;      // as uname(2) says: "x86_64"
    std::string architecture_personality; // "linux64"

    static void fields(auto&& visit, auto& self) {
        visit("distribution", self.distribution);
        visit("release", self.release);
        visit("architecture", self.architecture);
        visit("variant", self.variant);
        visit("name", self.name);
        visit("description", self.description);
        visit("serial", self.serial);
        visit("expiry", self.expiry);
        visit("architecture_mapped", self.architecture_mapped);
        visit("architecture_kernel", self.architecture_kernel);
        visit("architecture_personality", self.architecture_personality);
    }
    bool operator==(const ImageSection&) const = default;
};

struct SourceSection {
    std::string downloader;
    std::string url;                    // a template
    std::vector<std::string> keys;      // templates: a fingerprint, or an armored key
    std::vector<std::string> key_files; // ours: files beside the recipe that hold armored keys
    std::string keyserver;
    std::string variant;
    std::string suite;
    std::string same_as;
    bool skip_verification = false;
    std::vector<std::string> components;
    std::string sha256; // ours: of what url names, for sources that have no signature

    static void fields(auto&& visit, auto& self) {
        visit("downloader", self.downloader);
        visit("url", self.url);
        visit("keys", self.keys);
        visit("key_files", self.key_files);
        visit("keyserver", self.keyserver);
        visit("variant", self.variant);
        visit("suite", self.suite);
        visit("same_as", self.same_as);
        visit("skip_verification", self.skip_verification);
        visit("components", self.components);
        visit("sha256", self.sha256);
    }
    bool operator==(const SourceSection&) const = default;
};

struct LxcConfig {
    Filter filter;
    std::string type; // all, system or user; others mean nothing
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::string content; // a template

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("type", self.type);
        visit("before", self.before);
        visit("after", self.after);
        visit("content", self.content);
    }
    bool operator==(const LxcConfig&) const = default;
};

struct LxcTarget {
    std::string create_message; // a template
    std::vector<LxcConfig> config;

    static void fields(auto&& visit, auto& self) {
        visit("create_message", self.create_message);
        visit("config", self.config);
    }
    bool operator==(const LxcTarget&) const = default;
};

struct VmTarget {
    std::uint64_t size = 0; // bytes
    std::string filesystem;

    static void fields(auto&& visit, auto& self) {
        visit("size", self.size);
        visit("filesystem", self.filesystem);
    }
    bool operator==(const VmTarget&) const = default;
};

struct IncusTarget {
    VmTarget vm;

    static void fields(auto&& visit, auto& self) { visit("vm", self.vm); }
    bool operator==(const IncusTarget&) const = default;
};

struct Targets {
    LxcTarget lxc;
    IncusTarget incus;
    OciTarget oci;
    std::string type; // container or vm, whatever the recipe says

    static void fields(auto&& visit, auto& self) {
        visit("lxc", self.lxc);
        visit("incus", self.incus);
        visit("oci", self.oci);
        visit("type", self.type);
    }
    bool operator==(const Targets&) const = default;
};

struct FileTemplate {
    std::map<std::string, std::string> properties;
    std::vector<std::string> when;

    static void fields(auto&& visit, auto& self) {
        visit("properties", self.properties);
        visit("when", self.when);
    }
    bool operator==(const FileTemplate&) const = default;
};

struct FileEntry {
    Filter filter;
    std::string generator;
    std::string path;
    std::string content;
    std::string name;
    FileTemplate instance; // "template"
    bool templated = false;
    std::string mode; // octal
    std::string uid;  // a number or a name of the image
    std::string gid;
    bool pongo = false; // path, content and source are templates
    std::string source;
    Place place = {};

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("generator", self.generator);
        visit("path", self.path);
        visit("content", self.content);
        visit("name", self.name);
        visit("template", self.instance);
        visit("templated", self.templated);
        visit("mode", self.mode);
        visit("uid", self.uid);
        visit("gid", self.gid);
        visit("pongo", self.pongo);
        visit("source", self.source);
    }
    bool operator==(const FileEntry&) const = default;
};

struct CustomCommand {
    std::string cmd;
    std::vector<std::string> flags;

    static void fields(auto&& visit, auto& self) {
        visit("cmd", self.cmd);
        visit("flags", self.flags);
    }
    bool operator==(const CustomCommand&) const = default;
};

struct CustomManager {
    CustomCommand clean;
    CustomCommand install;
    CustomCommand remove;
    CustomCommand refresh;
    CustomCommand update;
    std::vector<std::string> flags;

    static void fields(auto&& visit, auto& self) {
        visit("clean", self.clean);
        visit("install", self.install);
        visit("remove", self.remove);
        visit("refresh", self.refresh);
        visit("update", self.update);
        visit("flags", self.flags);
    }
    bool operator==(const CustomManager&) const = default;
};

struct PackageSet {
    Filter filter;
    std::vector<std::string> packages;
    std::string action; // install or remove
    bool early = false; // with the base system
    std::vector<std::string> flags;

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("packages", self.packages);
        visit("action", self.action);
        visit("early", self.early);
        visit("flags", self.flags);
    }
    bool operator==(const PackageSet&) const = default;
};

struct PackageRepository {
    Filter filter;
    std::string name;
    std::string url; // a template, often the whole file
    std::string type;
    std::string key; // a template

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("name", self.name);
        visit("url", self.url);
        visit("type", self.type);
        visit("key", self.key);
    }
    bool operator==(const PackageRepository&) const = default;
};

struct Packages {
    std::string manager;
    std::optional<CustomManager> custom_manager;
    bool update = false;
    bool cleanup = false;
    std::vector<PackageSet> sets;
    std::vector<PackageRepository> repositories;

    static void fields(auto&& visit, auto& self) {
        visit("manager", self.manager);
        visit("custom_manager", self.custom_manager);
        visit("update", self.update);
        visit("cleanup", self.cleanup);
        visit("sets", self.sets);
        visit("repositories", self.repositories);
    }
    bool operator==(const Packages&) const = default;
};

struct Action {
    Filter filter;
    std::string trigger;
    std::string action; // a script with its "#!" line
    bool pongo = false; // the script is a template
    Place place = {};

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("trigger", self.trigger);
        visit("action", self.action);
        visit("pongo", self.pongo);
    }
    bool operator==(const Action&) const = default;
};

struct Mappings {
    std::map<std::string, std::string> architectures; // only without architecture_map
    std::string architecture_map;

    static void fields(auto&& visit, auto& self) {
        visit("architectures", self.architectures);
        visit("architecture_map", self.architecture_map);
    }
    bool operator==(const Mappings&) const = default;
};

struct EnvironmentVariable {
    Filter filter;
    std::string key;
    std::string value;

    static void fields(auto&& visit, auto& self) {
        Filter::fields(visit, self.filter);
        visit("key", self.key);
        visit("value", self.value);
    }
    bool operator==(const EnvironmentVariable&) const = default;
};

struct Environment {
    bool clear_defaults = false;
    std::vector<EnvironmentVariable> variables;

    static void fields(auto&& visit, auto& self) {
        visit("clear_defaults", self.clear_defaults);
        visit("variables", self.variables);
    }
    bool operator==(const Environment&) const = default;
};

// What has fields().
template <typename T>
concept Section = requires(T& value) { T::fields([](std::string_view, auto&) {}, value); };

struct Recipe {
    ImageSection image;
    SourceSection source;
    Targets targets;
    std::vector<FileEntry> files;
    Packages packages;
    std::vector<Action> actions;
    Mappings mappings;
    Environment environment;
    std::map<std::string, std::string> vars; // ours: free variables of the templates
    Matrix matrix;
    Build build;

    static void fields(auto&& visit, auto& self) {
        visit("image", self.image);
        visit("source", self.source);
        visit("targets", self.targets);
        visit("files", self.files);
        visit("packages", self.packages);
        visit("actions", self.actions);
        visit("mappings", self.mappings);
        visit("environment", self.environment);
        visit("vars", self.vars);
        visit("matrix", self.matrix);
        visit("build", self.build);
    }
    bool operator==(const Recipe&) const = default;
};

} // namespace lxcpp::distro

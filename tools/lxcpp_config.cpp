// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"
#include "common/plan_problems.h"
#include "common/say.h"

#include "base/paths.h"
#include "base/strings.h"
#include "config/edit.h"
#include "config/global.h"
#include "config/lint.h"
#include "config/migrate.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

#include "start/runtime_state.h"
#include "sys/file.h"
#include "sys/lock.h"

// lxcpp-config: the host's settings as lxc-config prints them; read, change and check the
// configuration of a container or of any file.
using namespace lxcpp;

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLockWait{10};

struct Options {
    bool list = false;
    std::string name;
    std::string lxcpath;
    std::string file;
    std::vector<std::string> words; // ITEM of the host, or COMMAND [NAME or FILE] [KEY [VALUE...]]
    std::string key;
    std::vector<std::string> values;
    bool append = false;
    bool origin = false;
    bool fix = false;
    bool migrate = false;
};

// Without -n and -f the first word is the container, or, when it has a slash, the file.
void take_target(Options& options) {
    if (!options.name.empty() && !options.file.empty()) throw Error("-n and -f exclude each other");
    if (!options.name.empty() || !options.file.empty()) return;
    if (options.words.empty()) throw Error("no container name or file specified");
    const std::string target = options.words.front();
    options.words.erase(options.words.begin());
    (target.find('/') == target.npos ? options.name : options.file) = target;
}

fs::path lxcpath(const Options& options) {
    return options.lxcpath.empty() ? fs::path(load_global_config(default_paths()).lxcpath)
                                   : fs::absolute(options.lxcpath);
}

fs::path config_path(const Options& options) {
    if (!options.file.empty()) return options.file;
    check_container_name(options.name);
    const fs::path path = lxcpath(options) / options.name / "config";
    if (!sys::stat_path(path)) // throws when it cannot be looked at
        throw Error(
            fmt::format("{}: no such container in {}", options.name, lxcpath(options).string()));
    return path;
}

// Prints with exactly one line break at the end; nothing for an empty text.
void print(std::string_view text) {
    if (text.empty()) return;
    fmt::print("{}{}", tools::for_output(text), text.ends_with('\n') ? "" : "\n");
}

int list_items() {
    for (const auto& key : global_keys())
        if (key.listed) print(key.name);
    return 0;
}

int print_item(const std::string& item) {
    const auto value = global_item(load_global_config(default_paths()), item);
    if (!value) {
        print("Unknown configuration item: " + item);
        return 1;
    }
    print(value->empty() ? item + " is not set." : *value);
    return 0;
}

void need_known(const std::string& key) {
    if (is_known_key(key)) return;
    const auto meant = suggest_key(key);
    throw Error(fmt::format("{}: unknown key{}", printable(key),
                            meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

// Values that contradict each other can still be looked at.
LoadedConfig load(const Options& options) {
    LoadOptions as_it_is;
    as_it_is.validate = false;
    return load_config(config_path(options), as_it_is);
}

int get(const Options& options) {
    need_known(options.key);
    const auto loaded = load(options);
    const auto value = get_item(loaded.config, options.key);
    if (!value) throw Error(fmt::format("{}: has no value of its own here", options.key));
    print(*value);
    return 0;
}

// A container's lock, or one beside a file of its own.
sys::FileLock lock_config(const Options& options, const fs::path& path) {
    fs::path file = path.string() + ".lock";
    if (!options.name.empty()) {
        file = container_lock_file(default_paths(), lxcpath(options), options.name);
        make_runtime_parent(file.parent_path());
    }
    if (!sys::exists(path)) (void)read_config_file(path); // its error says it best
    auto lock = sys::FileLock::acquire(file, kLockWait, true);
    if (!lock) throw Error(fmt::format("{}: another command is working on it", path.string()));
    return std::move(*lock);
}

// Reads, changes and saves the file; no other command on the container can come between.
template <typename Change>
int edit(const Options& options, Change change) {
    need_known(options.key);
    const fs::path path = config_path(options);
    const auto lock = lock_config(options, path);
    const ConfigText old(read_config_file(path));
    const ConfigText fresh = change(old, path);
    if (fresh != old) save_config(fresh, path);
    return 0;
}

// KEY VALUE..., or KEY=VALUE in one word.
void take_key(Options& options, std::size_t most_values) {
    if (options.words.empty()) throw Error("no key specified");
    options.key = options.words.front();
    options.values.assign(options.words.begin() + 1, options.words.end());
    const auto equals = options.key.find('=');
    if (equals != options.key.npos) {
        options.values.insert(options.values.begin(), options.key.substr(equals + 1));
        options.key.resize(equals);
    }
    if (options.values.size() > most_values)
        throw Error(fmt::format("unexpected argument {}", options.values.back()));
}

int set(const Options& options) {
    if (options.values.empty()) throw Error(fmt::format("{}: a value is missing", options.key));
    if (!options.append && options.values.size() > 1 && !is_list_key(options.key))
        throw Error(fmt::format("{} takes one value", options.key));
    return edit(options, [&](ConfigText text, const fs::path& path) {
        if (!options.append) return with_values(text, path, options.key, options.values);
        for (const auto& value : options.values) text = with_added(text, path, options.key, value);
        return text;
    });
}

int unset(const Options& options) {
    const std::string value = options.values.empty() ? "" : options.values.front();
    const int status = edit(options, [&](const ConfigText& text, const fs::path& path) {
        return without(text, path, options.key, value);
    });
    for (const auto& line : effective_assignments(load(options)))
        if (value.empty() && line.key == options.key && !line.value.empty())
            tools::say("lxcpp-config: still set by {}:{}: {}\n", line.origin.file,
                       line.origin.line, tools::harmless(assignment(line.key, line.value)));
    return status;
}

int show(const Options& options) {
    const auto loaded = load(options);
    if (!options.origin) {
        print(effective_text(loaded.config));
        return 0;
    }
    for (const auto& line : effective_assignments(loaded))
        print(fmt::format("{}:{}: {}", line.origin.file, line.origin.line,
                          assignment(line.key, line.value)));
    return 0;
}

void fix(const Options& options, const fs::path& path) {
    const auto lock = lock_config(options, path);
    const KeepV1 keep = options.migrate ? KeepV1::No : KeepV1::Yes;
    const std::string old = read_config_file(path);
    const auto result = migrate(ConfigText(old), keep);
    for (const auto& change : result.changes) print(path.string() + ": " + change);
    if (result.text.text() == old) return;
    const fs::path backup = path.string() + ".backup";
    sys::write_file_atomic(backup, old, sys::stat_path(path)->st_mode & 07777);
    save_config(result.text, path);
    fmt::print("{}: changed; the old content is in {}\n", path.string(), backup.string());
}

// What is wrong with the lines and, when nothing is, what a start would refuse.
std::vector<Problem> all_problems(const fs::path& path) {
    auto problems = lint(path);
    if (std::ranges::find(problems, Severity::Error, &Problem::severity) != problems.end())
        return problems;
    for (auto& refused : tools::plan_problems(load_config(path))) {
        // It says more than the warning about the same line.
        std::erase_if(problems, [&](const Problem& problem) {
            return problem.key == refused.key && problem.origin == refused.origin;
        });
        problems.push_back(std::move(refused));
    }
    std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
        return std::pair(problem.origin.file, problem.origin.line);
    });
    return problems;
}

int check(const Options& options) {
    const fs::path path = config_path(options);
    if (options.fix || options.migrate) fix(options, path);
    int errors = 0;
    for (const auto& problem : all_problems(path)) {
        print(problem_line(problem));
        errors += problem.severity == Severity::Error ? 1 : 0;
    }
    return errors == 0 ? 0 : 1;
}

using Command = int (*)(const Options&);

// most_values follow the key; a command without a key takes none.
struct CommandRow {
    std::string_view name;
    Command run;
    bool takes_key;
    std::size_t most_values;
};
constexpr CommandRow kCommands[] = {{"get", get, true, 0},
                                    {"set", set, true, SIZE_MAX},
                                    {"unset", unset, true, 1},
                                    {"show", show, false, 0},
                                    {"lint", check, false, 0}};

// An option that the command does not know would be silently without effect.
void refuse_foreign_options(std::string_view command, const Options& options) {
    const auto refuse = [command](bool given, const char* option, std::string_view owner) {
        if (given && command != owner) {
            throw Error(fmt::format("{} is an option of '{}', not of '{}'", option, owner, command));
        }
    };
    refuse(options.append, "--append", "set");
    refuse(options.origin, "--origin", "show");
    refuse(options.fix, "--fix", "lint");
    refuse(options.migrate, "--migrate", "lint");
}

int run_command(const CommandRow& command, Options options) {
    refuse_foreign_options(command.name, options);
    take_target(options);
    if (command.takes_key) {
        take_key(options, command.most_values);
    } else if (!options.words.empty()) {
        throw Error(fmt::format("unexpected argument {}", options.words.front()));
    }
    return command.run(options);
}

int run(Options options) {
    if (options.list) return list_items();
    const std::string first = options.words.front();
    for (const CommandRow& command : kCommands) {
        if (command.name != first) continue;
        options.words.erase(options.words.begin());
        return run_command(command, options);
    }
    if (options.words.size() > 1) {
        throw Error(fmt::format("{}: no such command; there are get, set, unset, show and lint", printable(first)));
    }
    return print_item(first);
}

void add_options(tools::Cli& cli, Options& options) {
    cli.flag("-l,--list", options.list, "list the host's settings");
    cli.option("-n,--name", options.name, "name of the container");
    cli.option("-f,--file", options.file, "a configuration file instead of a container's");
    cli.flag("-a,--append", options.append, "set: add lines instead of replacing them");
    cli.flag("--origin", options.origin, "show: with the file and line of each value");
    cli.flag("--fix", options.fix, "lint: rename old keys and put v2 lines beside cgroup v1 lines");
    cli.flag("--migrate", options.migrate, "lint: the same, v2 lines instead of v1 lines");
    cli.more_help([] {
        tools::say("\nCommands:\n"
                           "  get [NAME|FILE] KEY           print the value of a key\n"
                           "  set [NAME|FILE] KEY VALUE...  give a key this value in the file\n"
                           "  unset [NAME|FILE] KEY [VALUE] remove the file's lines of a key\n"
                           "  show [NAME|FILE]              print all that is set\n"
                           "  lint [NAME|FILE]              report all problems\n");
    });
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-config", "Print the host's settings; read, change and check configurations.",
                   "-l | ITEM | COMMAND [NAME|FILE] [KEY [VALUE...]] [OPTION...]", tools::Cli::Name::None);
    Options options;
    add_options(cli, options);
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        options.lxcpath = parsed.lxcpath();
        options.words = parsed.words();
        if (!options.list && options.words.empty()) {
            parsed.print_help(); // as lxc-config does
            return 0;
        }
        return run(options);
    });
}

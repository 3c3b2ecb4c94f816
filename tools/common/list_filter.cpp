// SPDX-License-Identifier: Apache-2.0
#include "common/list_filter.h"

#include "base/scope_exit.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <regex.h>
#include <set>

namespace lxcpp::tools {

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(text, ',')) {
        const std::string_view word = trim(part);
        if (!word.empty()) parts.emplace_back(word);
    }
    return parts;
}

void ListFilter::add_options(Cli& cli) {
    cli.flag("--active", active_, "those that are not stopped");
    cli.flag("--running", running_, "those that run");
    cli.flag("--frozen", frozen_, "those that are frozen");
    cli.flag("--stopped", stopped_, "those that are stopped");
    cli.flag("--defined", defined_, "those that have a configuration");
    cli.option("-g,--groups", groups_, "those that are in all of these groups, separated by commas");
    cli.option("--filter", expression_, "those whose name matches this extended regular expression");
}

void ListFilter::finish(const Cli& cli) {
    if (cli.words().size() > 1) throw Error("more than one expression given");
    if (!cli.words().empty()) expression_ = cli.words().front();
    if (expression_.empty()) return;
    regex_t compiled;
    const int error = ::regcomp(&compiled, expression_.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        char text[200];
        ::regerror(error, &compiled, text, sizeof text);
        throw Error("--filter " + expression_ + ": " + text);
    }
    ::regfree(&compiled);
}

ListColumns ListFilter::needs() const {
    ListColumns columns;
    columns.configuration = !groups_.empty();
    columns.elsewhere = active_ || running_ || frozen_ || stopped_;
    return columns;
}

bool ListFilter::state_matches(const ListEntry& entry) const {
    if (!active_ && !running_ && !frozen_ && !stopped_) return true;
    if (active_ && entry.state != State::Stopped) return true;
    if (running_ && entry.state == State::Running) return true;
    if (frozen_ && entry.state == State::Frozen) return true;
    return stopped_ && entry.state == State::Stopped;
}

bool ListFilter::matches(const ListEntry& entry) const {
    if (!state_matches(entry) || (defined_ && !entry.defined)) return false;
    return std::ranges::all_of(split_list(groups_), [&entry](const std::string& group) {
        return std::ranges::find(entry.groups, group) != entry.groups.end();
    });
}

void ListFilter::match_names(std::vector<ListEntry>& entries) const {
    if (expression_.empty()) return;
    regex_t compiled;
    if (::regcomp(&compiled, expression_.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return; // finish() checked it
    const ScopeExit release([&compiled] { ::regfree(&compiled); });
    std::erase_if(entries, [&compiled](const ListEntry& entry) {
        const std::size_t slash = entry.name.rfind('/');
        const char* name = entry.name.c_str() + (slash == std::string::npos ? 0 : slash + 1);
        return ::regexec(&compiled, name, 0, nullptr, 0) != 0;
    });
}

void ListFilter::apply(std::vector<ListEntry>& entries) const {
    std::erase_if(entries, [this](const ListEntry& entry) { return !matches(entry); });
    match_names(entries);
    std::set<std::string> kept;
    std::erase_if(entries, [&kept](const ListEntry& entry) {
        const std::size_t slash = entry.name.rfind('/');
        if (slash != std::string::npos && !kept.contains(entry.name.substr(0, slash))) return true;
        kept.insert(entry.name);
        return false;
    });
}

} // namespace lxcpp::tools

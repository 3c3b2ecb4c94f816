// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"
#include "common/rows.h"
#include "common/say.h"
#include "config/load.h"
#include "container/image_origin.h"
#include "start/user_network.h"

#include <lxcpp/container.h>

#include <array>
#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;
using namespace lxcpp::tools;

namespace {

struct Wish {
    std::vector<std::string> keys;
    bool ips = false;
    bool pid = false;
    bool state = false;
    bool stats = false;
    bool plain = false; // -H
    std::string rcfile; // instead of the container's configuration
    [[nodiscard]] bool everything() const { return keys.empty() && !ips && !pid && !state && !stats; }
    // lxc-info leaves the labels out only where there is one kind of line.
    [[nodiscard]] bool bare() const { return plain && !stats && ips + pid + state == 1; }
};

std::string human_size(std::uint64_t bytes) {
    static constexpr std::array<const char*, 7> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.2f} {}", value, kUnits[unit]);
}

class Printer {
public:
    Printer(bool plain, bool bare) : plain_(plain), bare_(bare) {}

    void line(const std::string& label, const std::string& value) const {
        if (bare_) {
            fmt::print("{}\n", value);
        } else {
            fmt::print("{:<15} {}\n", label, value);
        }
    }
    void size(const std::string& label, const std::optional<std::uint64_t>& bytes) const {
        if (bytes) line(label, plain_ ? std::to_string(*bytes) : human_size(*bytes));
    }
    void time(const std::string& label, const std::optional<std::uint64_t>& ns) const {
        if (ns) line(label, plain_ ? std::to_string(*ns) : fmt::format("{:.2f} seconds", static_cast<double>(*ns) / 1e9));
    }

private:
    bool plain_; // numbers as they are
    bool bare_;  // without labels
};

void print_stats(const Statistics& stats, const Printer& out) {
    out.time("CPU use:", stats.cpu_ns);
    out.size("BlkIO use:", stats.block_io_bytes);
    out.size("Memory use:", stats.memory_bytes);
    out.size("KMem use:", stats.kernel_memory_bytes);
    for (const LinkStatistics& link : stats.links) {
        out.line("Link:", link.name);
        out.size(" TX bytes:", link.tx_bytes);
        out.size(" RX bytes:", link.rx_bytes);
        out.size(" Total bytes:", link.tx_bytes + link.rx_bytes);
    }
}

void print_keys(const Container& container, const Wish& wish) {
    std::optional<LoadedConfig> loaded;
    if (!wish.rcfile.empty()) loaded = load_config(wish.rcfile);
    for (const std::string& key : wish.keys) {
        const auto value = loaded ? get_item(loaded->config, key) : container.config_item(key);
        if (!value) {
            tools::say("{} invalid\n", key);
        } else {
            const std::string_view text = value->ends_with('\n') ? std::string_view(*value).substr(0, value->size() - 1) : *value;
            if (wish.plain) {
                fmt::print("{}\n", tools::for_output(text));
            } else {
                fmt::print("{} ={}{}\n", key, text.empty() ? "" : " ", tools::for_output(text));
            }
        }
    }
}

// Of containers that were made of an image, for who may read it.
std::optional<ImageRecord> image_of(const Container& container) {
    try {
        return read_container_image(container.config_file().parent_path());
    } catch (const Error&) {
        return std::nullopt;
    }
}

void print_image(const Container& container, const Printer& out) {
    const auto image = image_of(container);
    if (!image) return;
    const std::string system = image->distribution + (image->release.empty() ? "" : ' ' + image->release);
    out.line("Image:", tools::for_output(short_fingerprint(image->fingerprint) + (system.empty() ? "" : " (" + system + ')') +
                                         (image->source.empty() ? "" : " from " + image->source)));
    const std::string how = (image->verification.empty() ? "yes" : image->verification) + (image->signer.empty() ? "" : ", key " + image->signer);
    out.line("Verified:", tools::for_output(image->verified ? how : image->verification.empty() ? "no" : "no: " + image->verification));
}

// Its addresses stay when nobody carries its packets any more.
void tell_of_network(const Container& container) {
    try {
        const auto why = why_user_network_ended(runtime_dir(default_paths(), container.lxcpath(), container.name()));
        if (why) tools::say("{}: {}\n", container.name(), *why);
    } catch (const Error&) { // not ours to read
    }
}

void print_human(const Container& container, const Wish& wish) {
    const Printer out(wish.plain, wish.bare());
    const bool all = wish.everything();
    const bool much = all || wish.ips || wish.stats;
    const Overview facts = much ? container.overview() : Overview{container.state(), container.init_pid(), {}, {}, {}};
    if (all) out.line("Name:", container.name());
    if (all || wish.state) out.line("State:", std::string(state_name(facts.state)));
    if ((all || wish.pid) && facts.init_pid) out.line("PID:", std::to_string(*facts.init_pid));
    if (all && !facts.elsewhere.empty()) out.line("Elsewhere:", tools::for_output(facts.elsewhere));
    if (all) print_image(container, out);
    if (all || wish.ips) {
        for (const std::string& address : facts.addresses) out.line("IP:", address);
        if (facts.init_pid) tell_of_network(container);
    }
    if ((all || wish.stats) && facts.init_pid && facts.elsewhere.empty()) print_stats(facts.statistics, out);
    print_keys(container, wish);
}

Cell number(const std::optional<std::uint64_t>& value) {
    if (!value) return std::monostate{};
    return static_cast<std::int64_t>(*value);
}

void print_formatted(const Container& container, Format format) {
    const Overview facts = container.overview();
    const Statistics& stats = facts.statistics;
    Rows rows;
    rows.rows.emplace_back();
    const auto add = [&rows](const char* title, Cell cell) {
        rows.columns.push_back({title});
        rows.rows[0].push_back(std::move(cell));
    };
    add("NAME", container.name());
    add("STATE", std::string(state_name(facts.state)));
    add("PID", facts.init_pid ? Cell(static_cast<std::int64_t>(*facts.init_pid)) : Cell());
    add("IPS", facts.addresses);
    add("CPU_USE_NS", number(stats.cpu_ns));
    add("BLKIO_USE_BYTES", number(stats.block_io_bytes));
    add("MEMORY_USE_BYTES", number(stats.memory_bytes));
    add("KMEM_USE_BYTES", number(stats.kernel_memory_bytes));
    const auto image = image_of(container);
    const auto of_image = [&image](const std::string& text) { return image && !text.empty() ? Cell(text) : Cell(); };
    add("IMAGE", image ? Cell(image->fingerprint) : Cell());
    add("IMAGE_SOURCE", image ? of_image(image->source) : Cell());
    add("IMAGE_SIGNER", image ? of_image(image->signer) : Cell());
    add("IMAGE_VERIFIED", image ? Cell(image->verified) : Cell());
    for (const LinkStatistics& link : stats.links) {
        add(("LINK_" + link.name + "_TX_BYTES").c_str(), static_cast<std::int64_t>(link.tx_bytes));
        add(("LINK_" + link.name + "_RX_BYTES").c_str(), static_cast<std::int64_t>(link.rx_bytes));
    }
    fmt::print("{}", print_row(rows, format));
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-info", "show facts about a container", "--name=NAME [OPTION...]");
    Wish wish;
    std::string format;
    cli.option("-c,--config", wish.keys, "show this configuration key; may be repeated");
    cli.flag("-i,--ips", wish.ips, "show its addresses");
    cli.flag("-p,--pid", wish.pid, "show the process id of its init");
    cli.flag("-S,--stats", wish.stats, "show its usage of resources");
    cli.flag("-H,--no-humanize", wish.plain, "plain numbers");
    cli.flag("-s,--state", wish.state, "show its state");
    cli.option("--format", format, "everything as table, json, csv or yaml");
    return run_tool(cli, argc, argv, [&](Cli& parsed) {
        const Container container(parsed.name(), parsed.lxcpath());
        wish.rcfile = parsed.rcfile();
        if (wish.rcfile.empty() && !container.is_defined() && !container.is_running()) {
            if (!parsed.quiet()) tools::say("{} doesn't exist\n", container.name());
            return 1;
        }
        if (format.empty()) {
            print_human(container, wish);
        } else {
            print_formatted(container, parse_format(format));
        }
        return 0;
    });
}

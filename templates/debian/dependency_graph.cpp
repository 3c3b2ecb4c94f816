// SPDX-License-Identifier: Apache-2.0
#include "debian/dependency_graph.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace lxcpp::debian {
namespace {

struct Offer {
    std::size_t number;
    std::string_view version; // empty: a Provides without version
    bool real;                // the package's own name
};
using Offers = std::unordered_map<std::string_view, std::vector<Offer>>;

Offers collect_offers(std::span<const Package* const> packages) {
    Offers offers;
    for (std::size_t number = 0; number < packages.size(); ++number) {
        const Package& package = *packages[number];
        offers[package.name].push_back({number, package.version, true});
        for (const Alternatives& clause : parse_relations(package.provides, package.name)) {
            const Relation& provided = clause.front();
            const auto version = provided.compare == Compare::Equal ? provided.version : std::string_view();
            offers[provided.package].push_back({number, version, false});
        }
    }
    return offers;
}

bool meets(const Offer& offer, const Relation& relation) {
    if (relation.compare == Compare::Any) return true;
    return (offer.real || !offer.version.empty()) && relation.accepts(offer.version);
}

Numbers met_by(const Offers& offers, std::string_view field, std::string_view name) {
    Numbers result;
    for (const Alternatives& clause : parse_relations(field, name)) {
        for (const Relation& relation : clause) {
            const auto found = offers.find(relation.package);
            if (found == offers.end()) continue;
            for (const Offer& offer : found->second) {
                if (meets(offer, relation)) result.push_back(offer.number);
            }
        }
    }
    return result;
}

// Calls done(number) after everything that number needs.
class Walk {
public:
    explicit Walk(const DependencyGraph& graph) : graph_(graph), seen_(graph.depends.size()) {}

    void visit(std::size_t number) {
        if (seen_[number]) return;
        seen_[number] = true;
        for (const std::size_t needed : graph_.pre_depends[number]) visit(needed);
        for (const std::size_t needed : graph_.depends[number]) visit(needed);
        order_.push_back(number);
    }
    [[nodiscard]] Numbers take() { return std::move(order_); }

private:
    const DependencyGraph& graph_;
    std::vector<bool> seen_;
    Numbers order_;
};

} // namespace

DependencyGraph make_graph(std::span<const Package* const> packages) {
    const Offers offers = collect_offers(packages);
    DependencyGraph graph;
    for (const Package* package : packages) {
        graph.pre_depends.push_back(met_by(offers, package->pre_depends, package->name));
        graph.depends.push_back(met_by(offers, package->depends, package->name));
    }
    return graph;
}

Numbers closure(const DependencyGraph& graph, const Numbers& start) {
    Walk walk(graph);
    for (const std::size_t number : start) walk.visit(number);
    Numbers result = walk.take();
    std::sort(result.begin(), result.end());
    return result;
}

Numbers dependency_order(const DependencyGraph& graph) {
    Walk walk(graph);
    for (std::size_t number = 0; number < graph.depends.size(); ++number) walk.visit(number);
    return walk.take();
}

} // namespace lxcpp::debian

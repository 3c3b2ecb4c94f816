// SPDX-License-Identifier: Apache-2.0
#include "debian/resolver.h"

#include "base/strings.h"
#include "debian/dependency_graph.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <unordered_map>

namespace lxcpp::debian {
namespace {

constexpr unsigned kMaxTries = 200'000; // attempts to add a package; a real archive needs hundreds

bool qualifier_fits(const Relation& relation, const Package& package) noexcept {
    return relation.qualifier.empty() || relation.qualifier == "any" ||
           relation.qualifier == package.architecture;
}

bool met_by_name(const Relation& relation, const Package& package) noexcept {
    return relation.package == package.name && qualifier_fits(relation, package) &&
           relation.accepts(package.version);
}

// A versioned relation is met by a versioned Provides only (policy 7.5).
bool met_by_provider(const Relation& relation, const Provider& provider) noexcept {
    if (!qualifier_fits(relation, *provider.package)) return false;
    if (relation.compare == Compare::Any) return true;
    return !provider.version.empty() && relation.accepts(provider.version);
}

class Resolver {
public:
    explicit Resolver(const PackageIndex& index) : index_(index) {}

    void want(std::span<const Package* const> wanted) {
        for (const Package* package : wanted) {
            if (!enter(*package)) throw Error(reason_);
        }
        for (const Package* package : wanted) {
            if (!expand(*package)) throw Error(reason_);
        }
    }
    [[nodiscard]] const std::vector<const Package*>& members() const noexcept { return members_; }

private:
    struct Exclusion { // a Conflicts or Breaks of a member
        const Package* owner;
        Relation relation;
    };

    [[nodiscard]] bool is_member(const Package& package) const noexcept {
        const auto found = by_name_.find(package.name);
        return found != by_name_.end() && found->second == &package;
    }

    [[nodiscard]] bool met(const Relation& relation) const noexcept {
        const auto found = by_name_.find(relation.package);
        if (found != by_name_.end() && met_by_name(relation, *found->second)) return true;
        const auto providers = index_.providers(relation.package);
        return std::any_of(providers.begin(), providers.end(), [&](const Provider& provider) {
            return is_member(*provider.package) && met_by_provider(relation, provider);
        });
    }

    // The member that an exclusion of package hits, if any; a package never excludes itself.
    [[nodiscard]] const Package* hit_by(const Relation& relation, const Package& package) const noexcept {
        const auto found = by_name_.find(relation.package);
        if (found != by_name_.end() && found->second != &package &&
            met_by_name(relation, *found->second)) {
            return found->second;
        }
        for (const Provider& provider : index_.providers(relation.package)) {
            if (provider.package != &package && is_member(*provider.package) &&
                met_by_provider(relation, provider)) {
                return provider.package;
            }
        }
        return nullptr;
    }

    [[nodiscard]] bool excludes(const Exclusion& exclusion, const Package& package) const noexcept {
        if (exclusion.owner == &package) return false;
        if (met_by_name(exclusion.relation, package)) return true;
        const auto providers = index_.providers(exclusion.relation.package);
        return std::any_of(providers.begin(), providers.end(), [&](const Provider& provider) {
            return provider.package == &package && met_by_provider(exclusion.relation, provider);
        });
    }

    [[nodiscard]] static std::vector<Exclusion> exclusions_of(const Package& package) {
        std::vector<Exclusion> result;
        for (const auto field : {package.conflicts, package.breaks}) {
            for (const Alternatives& clause : parse_relations(field, package.name)) {
                result.push_back({&package, clause.front()});
            }
        }
        return result;
    }

    // Makes package a member, without its dependencies.
    bool enter(const Package& package) {
        if (is_member(package)) return true;
        if (++tries_ > kMaxTries) throw Error("the dependencies of the packages are too tangled");
        if (const auto other = by_name_.find(package.name); other != by_name_.end()) {
            return refuse(fmt::format("{} {} is needed, and {} too", package.name, package.version,
                                      other->second->version));
        }
        const auto own = exclusions_of(package);
        for (const Exclusion& exclusion : own) {
            if (const Package* member = hit_by(exclusion.relation, package)) {
                return refuse(fmt::format("{} conflicts with {}", package.name, member->name));
            }
        }
        for (const Exclusion& exclusion : exclusions_) {
            if (excludes(exclusion, package)) {
                return refuse(fmt::format("{} conflicts with {}", exclusion.owner->name, package.name));
            }
        }
        exclusions_.insert(exclusions_.end(), own.begin(), own.end());
        by_name_.emplace(package.name, &package);
        members_.push_back(&package);
        return true;
    }

    bool expand(const Package& package) {
        for (const auto field : {package.pre_depends, package.depends}) {
            for (const Alternatives& clause : parse_relations(field, package.name)) {
                if (!satisfy(package, clause)) return false;
            }
        }
        return true;
    }

    bool add(const Package& package) {
        if (is_member(package)) return true;
        const std::size_t mark = members_.size();
        if (enter(package) && expand(package)) return true;
        roll_back(mark);
        return false;
    }

    void roll_back(std::size_t mark) {
        while (members_.size() > mark) {
            const Package* last = members_.back();
            std::erase_if(exclusions_, [&](const Exclusion& entry) { return entry.owner == last; });
            by_name_.erase(last->name);
            members_.pop_back();
        }
    }

    bool satisfy(const Package& owner, const Alternatives& clause) {
        if (std::any_of(clause.begin(), clause.end(), [&](const auto& r) { return met(r); })) return true;
        std::string why = "no such package in the archive";
        for (const Relation& relation : clause) {
            for (const Package* candidate : index_.find(relation.package)) {
                if (!met_by_name(relation, *candidate)) continue;
                if (add(*candidate)) return true;
                why = reason_;
            }
            for (const Provider& provider : index_.providers(relation.package)) {
                if (!met_by_provider(relation, provider)) continue;
                if (add(*provider.package)) return true;
                why = reason_;
            }
        }
        return refuse(fmt::format("{} needs {}: {}", owner.name, format_alternatives(clause), why));
    }

    bool refuse(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    const PackageIndex& index_;
    std::unordered_map<std::string_view, const Package*> by_name_;
    std::vector<const Package*> members_;
    std::vector<Exclusion> exclusions_;
    unsigned tries_ = 0;
    std::string reason_;
};

const Package* newest_provider(const PackageIndex& index, const std::string& name) {
    const auto providers = index.providers(name);
    return providers.empty() ? nullptr : providers.front().package;
}

} // namespace

std::vector<const Package*> resolve(const PackageIndex& index, std::span<const Package* const> wanted) {
    Resolver resolver(index);
    resolver.want(wanted);
    const auto& members = resolver.members();
    std::vector<const Package*> result;
    for (const std::size_t number : dependency_order(make_graph(members))) result.push_back(members[number]);
    return result;
}

std::vector<const Package*> find_wanted(const PackageIndex& index, std::span<const std::string> names) {
    std::vector<const Package*> result;
    for (const std::string& name : names) {
        const Package* package = index.newest(name);
        if (package == nullptr) package = newest_provider(index, name);
        if (package == nullptr) throw Error(fmt::format("there is no package {}", printable(name)));
        result.push_back(package);
    }
    return result;
}

} // namespace lxcpp::debian

// SPDX-License-Identifier: Apache-2.0
#include "container/template_words.h"

#include "base/strings.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::size_t kShortest = 3; // "--pas" is --password for getopt_long(3); less could be --path

// Other templates call them so too, with something before: --root-password.
constexpr std::array<std::string_view, 7> kSecret{"password", "passphrase", "passwd", "secret", "token", "creds", "credentials"};

bool is_secret(std::string_view option) {
    if (!option.starts_with("--")) return false;
    option.remove_prefix(2);
    return std::ranges::any_of(kSecret, [&](std::string_view name) {
        if (option.size() >= kShortest && name.starts_with(option)) return true;
        return option.ends_with(name) && option[option.size() - name.size() - 1] == '-';
    });
}

void hide_in_urls(std::string& word) {
    constexpr std::string_view kScheme = "://";
    for (std::size_t at = word.find(kScheme); at != std::string::npos; at = word.find(kScheme, at)) {
        at += kScheme.size();
        const std::size_t end = std::min(word.find_first_of("/?#", at), word.size());
        const std::size_t host = std::string_view(word).substr(0, end).rfind('@');
        if (host != std::string::npos && host >= at) word.replace(at, host - at, kHidden);
    }
}

} // namespace

std::vector<std::string> without_secrets(std::vector<std::string> words) {
    bool value = false; // the word before was such an option
    for (std::string& word : words) {
        if (value) {
            word = kHidden;
            value = false;
            continue;
        }
        const std::size_t equals = word.find('=');
        const bool secret = is_secret(std::string_view(word).substr(0, equals));
        value = secret && equals == std::string::npos;
        if (secret && !value) word.replace(equals + 1, std::string::npos, kHidden);
        else hide_in_urls(word);
    }
    return words;
}

std::string without_secrets_in_head(std::string_view config) {
    const std::size_t at = config.starts_with(kTemplateWords) ? 0 : config.find('\n' + std::string(kTemplateWords)) + 1;
    if (!config.substr(at).starts_with(kTemplateWords)) return std::string(config);
    const std::size_t begin = at + kTemplateWords.size();
    const std::size_t end = std::min(config.find('\n', begin), config.size());
    std::vector<std::string> words;
    for (const auto word : split(config.substr(begin, end - begin), ' '))
        if (!word.empty()) words.emplace_back(word);
    std::string text(config.substr(0, begin));
    for (const std::string& word : without_secrets(std::move(words))) text += ' ' + word;
    return text.append(config.substr(end));
}

} // namespace lxcpp

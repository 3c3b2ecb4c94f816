// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/http.h"
#include "image/image_servers.h"
#include "image/offer.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// How a server is asked.
struct ServerAccess {
    ImageServer server;
    bool unprivileged = true;    // which of the two classic indexes: that for containers with an id map
    bool validate = true;        // false: signatures are not looked at, and plain http without any is taken
    bool flush_cache = false;    // ask the server, however fresh the index is that we have
    bool allow_rollback = false; // accept an index, or builds, older than what was seen there before
};

struct ServerImageRequest {
    ServerAccess access;
    // "debian/12", "debian/12/cloud/arm64", or any alias that the server has; empty: what wanted says. wanted's serial
    // counts with both, and its architecture where the name has none; no architecture: the machine's.
    std::string name;
    OfferRequest wanted;
    bool force_cache = false; // an image from there that the store has will do, without asking the server
};

// What an index says, and why it is believed.
struct ServerIndex {
    ServerProtocol protocol = ServerProtocol::Simplestreams;
    std::vector<Offer> offers;
    std::string signer; // full fingerprint; empty: not signed, or not looked at
    std::string how;    // for people: "index over TLS"
    bool from_disk = false; // the server was not asked
};

// The offers of a server, from the server or an index of it that is not older than an hour. An older one is used, with
// a warning, when the server cannot be reached. Where there are keys for the server, only what they signed is believed.
[[nodiscard]] ServerIndex read_server_index(const ServerAccess& access, const ImageCache& cache, HttpClient& http,
                                            ProgressSink& progress);

// Brings an image from a server into the store, unless it is there already, and says in one line what of it was
// verified. cache must be open on the store's directory. Throws Error; the store is as before then.
ImageRecord fetch_server_image(const ServerImageRequest& request, const ImageStore& store, const ImageCache& cache,
                               HttpClient& http, ProgressSink& progress);

// What to ask for to get the newest build of an image that came from a server. Throws Error for any other image.
[[nodiscard]] ServerImageRequest refresh_request(const ImageRecord& record, const ImageServers& servers);

} // namespace lxcpp::image

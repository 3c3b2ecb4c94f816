// SPDX-License-Identifier: Apache-2.0
#include "container/template_words.h"

#include <gmock/gmock.h>

using namespace lxcpp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TemplateWords, ValuesOfSecretOptionsAreHidden) {
    EXPECT_THAT(without_secrets({"--username", "u", "--password", "s", "-q"}), ElementsAre("--username", "u", "--password", "***", "-q"));
    EXPECT_THAT(without_secrets({"--password=s=t", "--root-password", "--s"}), ElementsAre("--password=***", "--root-password", "***"));
    EXPECT_THAT(without_secrets({"--pas", "s", "--token=", "--auth-token=s"}), ElementsAre("--pas", "***", "--token=***", "--auth-token=***"));
    EXPECT_THAT(without_secrets({"--password"}), ElementsAre("--password"));
}

TEST(TemplateWords, UserAndPasswordInUrlsAreHidden) {
    EXPECT_THAT(without_secrets({"--url", "docker://u:s@host/a:v1", "--server=https://u:s@t@h"}),
                ElementsAre("--url", "docker://***@host/a:v1", "--server=https://***@h"));
    EXPECT_THAT(without_secrets({"http://u:s@a,http://u:s@b?x"}), ElementsAre("http://***@a,http://***@b?x"));
    EXPECT_THAT(without_secrets({"http://u:s@a/,http://u:s@b"}), ElementsAre("http://***@a/,http://***@b"));
}

TEST(TemplateWords, TheHeadOfAConfigurationIsRewritten) {
    const std::string words(kTemplateWords);
    EXPECT_EQ(without_secrets_in_head("# x\n" + words + " --password  s --url docker://u:s@h/a -q\n# --password s\nlxc.tty.max = 1\n"),
              "# x\n" + words + " --password *** --url docker://***@h/a -q\n# --password s\nlxc.tty.max = 1\n");
    EXPECT_EQ(without_secrets_in_head(words + " --token=s"), words + " --token=***");
    for (const std::string same : {"", "lxc.tty.max = 1\n", "# other: --password s\n"}) EXPECT_EQ(without_secrets_in_head(same), same);
    EXPECT_EQ(without_secrets_in_head(words + "\n"), words + "\n");
}

TEST(TemplateWords, OthersStayAsTheyAre) {
    EXPECT_THAT(without_secrets({}), IsEmpty());
    EXPECT_THAT(without_secrets({"--path", "p", "-r", "sid", "--", "password", "--password-less=x"}),
                ElementsAre("--path", "p", "-r", "sid", "--", "password", "--password-less=x"));
    EXPECT_THAT(without_secrets({"docker://host/a@sha256:00", "a@b", "--", "-", "://", "=", ""}),
                ElementsAre("docker://host/a@sha256:00", "a@b", "--", "-", "://", "=", ""));
}

# SPDX-License-Identifier: Apache-2.0
"""The rows of the catalogue of attacks: which tests replay each. The mutants say themselves which row they are of."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    tests: str = ""  # of ctest; its mutants may name more
    why_not: str = ""  # nothing here can be attacked so, yet

    @property
    def test_names(self):
        return self.tests.split()


PATHS, POLICY, PROCESSES = "system.replay_paths.", "system.replay_policy.", "system.replay_processes."
USER_NIC = "system.user_nic."

ROWS = {
    "A1": Row("targets of mounts by links of the image",
              f"{PATHS}a3_dev_is_a_symlink system.mounts.hostile_rootfs"),
    "A2": Row("targets that are exchanged between look and mount", f"{PATHS}a2_a5_a6_targets_are_exchanged"),
    "A3": Row("/dev, /proc and others are links of the image",
              f"{PATHS}a3_dev_is_a_symlink {PATHS}a3_places_in_the_images_own_dev"),
    "A4": Row("masks are made of the image's /dev/null",
              f"{PATHS}a4_mask_does_not_come_from_the_image system.masks.null_of_the_image_is_not_used"),
    "A5": Row("the terminal's place is exchanged before the bind",
              f"{PATHS}a3_places_in_the_images_own_dev {PATHS}a2_a5_a6_targets_are_exchanged"),
    "A6": Row("directories made on the way to a target land on the host", f"{PATHS}a2_a5_a6_targets_are_exchanged"),
    "A9": Row("the image's root is a link or a pipe", f"{PATHS}a9_rootfs_is_no_directory"),
    "A10": Row("names of the manager beside the root are planted",
               f"{PATHS}a10_names_of_the_manager_are_planted {PATHS}a10_config_is_planted_later {PATHS}a10_leftovers_that_are_links"),
    "A11": Row("names that are paths", f"{POLICY}a11_one_validator_for_every_verb"),
    "A14": Row("the image's working directory leads out", f"{POLICY}a14_working_directory_by_links"),
    "A16": Row("automatic mounts with a source in the image", f"{POLICY}a16_sources_of_automatic_mounts"),
    "A18": Row("a file of ours written by path into what the image made", f"{PATHS}a10_config_is_planted_later"),
    "A19": Row("a destroy takes more than create made",
               f"{PATHS}a19_destroy_takes_only_what_create_made system.stop.destroy_stays_inside_the_container"),
    "A20": Row("ids and modes are changed, files removed by path",
               f"{PATHS}a20_destroy_of_a_moving_tree unit.RootedDirTest.SwappedDirectoriesNeverLeadOutside"),
    "B1": Row("a fake /proc loosens attach",
              f"{PROCESSES}b1_b2_fake_proc system.attach.proc_that_the_container_covers"),
    "B2": Row("writes to procfs are sent elsewhere",
              f"system.start.proc_keys_stay_in_procfs system.start.sysctl_of_a_planted_proc {PROCESSES}b1_b2_fake_proc"),
    "B3": Row("a directory of the host through a descriptor as working directory",
              f"{PROCESSES}b3_attach_in_a_directory_of_the_host {POLICY}a14_working_directory_by_links"),
    "B4": Row("the joining process is traced while it has something of the host",
              f"{PROCESSES}b4_b6_joining_process_is_hunted system.escape.attaching_process_has_nothing_of_the_host"),
    "B5": Row("a helper loads or runs something of the container", f"{PROCESSES}b5_nothing_of_the_container_is_loaded"),
    "B6": Row("our program is overwritten through /proc/PID/exe",
              f"{PROCESSES}b6_attach_to_a_privileged_container {PROCESSES}b6_start_of_a_privileged_container "
              f"{PROCESSES}b6_interpreter_is_proc_self_exe {PROCESSES}b4_b6_joining_process_is_hunted "
              f"{POLICY}h5_programs_of_the_host_are_out_of_reach"),
    "C1": Row("descriptors of the caller inside",
              f"{PROCESSES}c1_no_descriptor_of_the_caller system.start.only_standard_descriptors_inside"),
    "C2": Row("the command socket is in reach of a container",
              f"{PROCESSES}c2_h4_command_socket_is_no_ones root.ForeignUsers.AreRefusedByTheirCredentials "
              "root.ForeignMonitor.IsNotBelieved"),
    "C3": Row("lengths in requests to the monitor lie",
              "root.HostileClients.WhatIsNoRequestIsRefusedAndDropped"),
    "C4": Row("a program types into the caller's terminal",
              f"{PROCESSES}c4_no_typing_into_the_callers_terminal system.attach.callers_terminal_is_out_of_reach "
              "system.escape.no_way_out_of_an_unprivileged_container"),
    "C5": Row("a container's names drive the administrator's terminal", f"{PROCESSES}c5_names_with_escapes"),
    "D1": Row("inheritable capabilities", "system.isolation.inheritable_capabilities_of_the_caller_stay_out"),
    "D2": Row("supplementary groups",
              f"{PROCESSES}d2_groups_by_user_and_configuration system.attach.supplementary_groups_do_not_come_along"),
    "D3": Row("user ids that wrap or are looked up as names",
              f"{PROCESSES}d3_user_ids_are_exact unit.FindPasswd.HostileLines"),
    "D4": Row("a copy changes modes and owners of the host",
              why_not="no verb copies between a container and the host; create and destroy are A9 and A20"),
    "D5": Row("umask, limits and OOM score of the monitor reach the container",
              f"{PROCESSES}d5_oom_score_and_limits_after_a_reboot"),
    "D6": Row("an attached program is outside the limits", f"{PROCESSES}d6_attached_program_is_capped"),
    "E1": Row("interfaces into network namespaces of others", f"{USER_NIC}e1_only_into_namespaces_of_ones_own"),
    "E2": Row("the setuid helper opens what its caller names", f"{USER_NIC}e2_no_path_of_the_user_is_opened"),
    "E3": Row("the setuid helper's answers tell what exists", f"{USER_NIC}e3_what_exists_and_what_is_forbidden_look_alike"),
    "E4": Row("interfaces of others are counted or taken by their names",
              f"{USER_NIC}how_many_is_what_the_kernel_has {USER_NIC}calls_at_once_do_not_take_more"),
    "E5": Row("a list of groups is read wrongly", f"{USER_NIC}e5_no_groups_one_and_a_thousand {USER_NIC}groups_share_what_their_line_gives"),
    "E6": Row("the setuid helper without arguments, in a hostile environment", f"{USER_NIC}e6_no_arguments_and_a_hostile_environment"),
    "E7": Row("limits and signals of the setuid helper's caller", f"{USER_NIC}e7_limits_of_the_caller"),
    "E8": Row("maps of users with ids that overflow, overlap or are others'", "system.usernsexec.usernsexec system.rootless.verbs_of_a_user"),
    "E9": Row("names of interfaces that mean something else", f"{USER_NIC}e9_names_are_no_games"),
    "E10": Row("rights of the setuid helper", f"{USER_NIC}e7_limits_of_the_caller {USER_NIC}rules_of_somebody_else"),
    "F1": Row("line breaks in values", f"{POLICY}f1_values_with_line_breaks"),
    "F3": Row("data reaches a shell", f"{POLICY}f3_hooks_and_templates_get_exact_words"),
    "F8": Row("numbers that are narrowed on the way to init", f"{POLICY}f8_more_than_fits"),
    "G1": Row("an image is not what its fingerprint says, although its parts are",
              "unit.ImportTest.RefusesAnImageOfAnotherHash system.image.refuses_what_is_not_expected"),
    "G2": Row("a digest that is a path", "unit.OciDigest.IsNothingElse"),
    "G3": Row("a document that is a manifest and an index, or not what the server calls it",
              "unit.OciDocument.RefusesWhatIsBothOrNeither unit.OciRegistryTest.TheTypeThatTheServerSaysMustAgree"),
    "G4": Row("credentials go to where a registry redirects, or to whom it names for tokens",
              "unit.HttpTest.CredentialsStayWithTheirServer unit.OciRegistryAuthTest.ARealmElsewhereGetsNoPassword "
              "unit.OciRegistryAuthTest.NothingGoesAlongToWhereALayerIsStored"),
    "G5": Row("redirects to plain http", "unit.HttpUrl.RedirectsNeverLeaveHttps"),
    "G9": Row("an image by plain http, unsigned",
              "unit.ServerIndexTest.PlainHttpNeedsAKey system.download.plain_http_needs_a_key_or_a_word"),
    "G8": Row("what an image brings is obeyed as if we had written it",
              "system.images.what_an_image_brings unit.ImageConfig.OnlyKeysThatAnImageMaySet "
              "unit.ImageConfig.TakesNothingFromTheHostAndNoOtherFile unit.TemplateText.NothingGrowsWithoutABound"),
    "G10": Row("passwords for a registry are kept with the container",
               "system.create.secrets_for_a_template_are_not_written_down"),
    "H1": Row("our directories and what is in them, made by somebody else",
              f"{POLICY}h1_runtime_directory_is_planted {POLICY}h1_state_that_is_not_this_containers "
              "unit.RuntimeState.ThatOfAnotherContainerIsRefused"),
    "H2": Row("a predictable name is opened as it is", f"{POLICY}h2_new_files_are_new"),
    "H3": Row("a user of the host runs a container's setuid program", f"{POLICY}h3_nothing_is_within_reach_of_others"),
    "H4": Row("the command socket is open for a moment, or anybody's",
              f"{PROCESSES}c2_h4_command_socket_is_no_ones root.ForeignMonitor.IsNotBelieved"),
    "H5": Row("a program that the host runs is written from inside", f"{POLICY}h5_programs_of_the_host_are_out_of_reach"),
    "H6": Row("state files of other versions", f"{POLICY}h6_state_of_other_versions"),
    "I1": Row("another verb skips the rule", f"{POLICY}i1_i2_policy_is_the_one_of_the_start"),
    "I2": Row("an absent key counts as safe", f"{POLICY}i1_i2_policy_is_the_one_of_the_start"),
    "I3": Row("an image relaxes the policy",
              why_not="no image brings options: a template writes the configuration, which is LXC's contract with it"),
    "J1": Row("AF_ALG and other socket families", "system.escape.reachable_calls_and_families"),
    "J2": Row("release_agent of a cgroup", f"{POLICY}j2_release_agent"),
    "J3": Row("user namespaces, io_uring, bpf, userfaultfd, perf, keys",
              "system.escape.no_way_out_of_an_unprivileged_container system.seccomp.nesting_is_one_switch "
              "system.escape.reachable_calls_and_families"),
    "J4": Row("open_by_handle_at",
              "system.escape.reachable_calls_and_families "
              "system.seccomp.unknown_calls_do_not_exist_and_the_hosts_are_refused"),
    "J5": Row("devices of the host",
              f"{POLICY}j5_own_list_of_devices_is_widened "
              "system.devices.only_the_usual_devices system.escape.no_direct_way_out_of_a_privileged_container"),
    "J6": Row("side channels in /proc and /sys",
              "system.masks.masked_places system.escape.no_way_out_of_an_unprivileged_container"),
    "P15": Row("an old index, or an old build, is shown again",
               "unit.ServerIndexTest.RefusesAnOlderSignature unit.ImageServerTest.RefusesAnOlderNewestBuild "
               "system.download.an_older_build_is_refused"),
    "P19": Row("a file that is not what the index says",
               "unit.ServerPartsTest.OneByteOfAnyPart unit.ImageServerTest.OneByteOfAPart system.download.signed_streams"),
    "P20": Row("what is not signed although there are keys",
               "unit.ServerIndexTest.AKeyMakesSignaturesMandatory unit.ServerIndexTest.ClassicIsSignedToo "
               "unit.ServerPartsTest.ClassicWithSignedParts system.download.signed_streams"),
    "J7": Row("the same calls through another ABI", "system.seccomp.32_bit_programs_need_a_32_bit_system"),
    "K1": Row("frames in another's name, ARP, neighbour and router advertisements, DHCP offers",
              "system.bridge.a_container_sends_only_as_itself"),
    "K2": Row("routes of the host that a container advertises", "system.bridge.a_container_sends_only_as_itself"),
    "K3": Row("frames to the host's loopback through user-mode networking",
              "system.user_network.pasta system.user_network.slirp4netns system.user_network.what_is_killed"),
}

# What a mutant may be of besides: a promise that is no row of the catalogue.
OTHER_CHECKS = {
    "template": "what a create does with a template",
    "store": "what may be taken out of the store of images, and whose it is",
    "build": "what a recipe's programs, and the trees they run in, reach of the host",
    "memory": "how much memory it takes to bring, make and send images",
}

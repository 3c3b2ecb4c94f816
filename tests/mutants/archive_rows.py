# SPDX-License-Identifier: Apache-2.0
"""Attacks by archives (T1 to T40) and by signatures (P1 to P22): which tests try each. The refusals are compared word for word,
so a check that is gone makes its test fail; mutants (*.patch with "# row: T..") show it for the ones that cost most."""
from rows import Row

READER, WRITER, UNPACK = "unit.TarReader.", "unit.TreeWriterTest.", "unit.UnpackTest."
BYTES, VERIFY, HTTP, CACHE = "unit.ArchiveBytesTest.", "unit.VerifyTest.", "unit.HttpTest.", "unit.CacheTest."
LAYER = "unit.OciLayerWriterTest."
READERS_DISAGREE = f"{READER}RefusesWhatReadersDisagreeOn"

ARCHIVE_ROWS = {
    "T1": Row("paths that are absolute or go up", f"{WRITER}RefusesPathsThatLeaveTheTree"),
    "T2": Row("a link to elsewhere and a member behind it", f"{WRITER}NeverPassesThroughALink"),
    "T3": Row("chains and loops of links", f"{WRITER}EndsOnLoopsOfLinks {WRITER}FollowsLinksOnlyWithinTheTreeWhenAllowed"),
    "T4": Row("a link of one layer, used by the next", f"{WRITER}FollowsLinksOnlyWithinTheTreeWhenAllowed "
              f"{LAYER}ALinkOfALayerBelowStaysWithinTheRoot"),
    "T5": Row("links left by an earlier attempt", f"{CACHE}WhatAKilledBuilderLeftIsReplaced {CACHE}IsPrivate"),
    "T6": Row("hard links to what is no file of the tree", f"{WRITER}RefusesHardLinksToAnythingButFilesOfTheTree"),
    "T7": Row("a file written through a hard link", f"{WRITER}ReplacesFilesWithoutWritingThroughThem"),
    "T8": Row("a hard link with data", READERS_DISAGREE),
    "T9": Row("a hard link to a file of a lower layer, then other modes",
              f"{WRITER}ReplacesFilesWithoutWritingThroughThem {LAYER}HardLinksReachFilesBelowAndStayLinks"),
    "T10": Row("device nodes", f"{WRITER}LeavesDevicesOut {UNPACK}CountsAndHashesWhatItUnpacks"),
    "T11": Row("pipes that hang who opens them", f"{WRITER}CreatesWhatTheArchiveSays"),
    "T12": Row("modes with more than permissions", f"{READER}ReadsMembersOfEachType {WRITER}CreatesWhatTheArchiveSays"),
    "T13": Row("owners outside of the range", f"{WRITER}RefusesOwnersOutsideOfTheRange {READER}ReadsNumbersOfAllForms"),
    "T14": Row("capabilities of files, with another namespace's root", f"{WRITER}CapabilitiesAreThoseOfNoNamespace"),
    "T15": Row("attributes that drive an overlay",
               "unit.PortableXattr.AreTheOnesThatDriveNothing unit.PackTest.AttributesComeAlongUnlessTheyDriveTheHost"),
    "T16": Row("other attributes, too large or too many",
               f"unit.PortableXattr.AreTheOnesThatDriveNothing {WRITER}DropsAttributesThatDriveTheHost"),
    "T17": Row("bombs, and windows of gigabytes",
               f"{BYTES}StopsAtItsLimits {BYTES}RefusesDictionariesThatAreTooLarge unit.Decompressor.StopsBombs "
               "unit.ZstdStream.RefusesWindowsThatAreTooLarge unit.OciLayerApplyTest.BombsAreStopped"),
    "T18": Row("several streams, garbage after them, cut-off ones",
               f"{BYTES}GivesTheContentAndTheDigestOfTheFile {BYTES}ADamagedByteInAnyBlockIsNoticed "
               f"unit.Decompressor.ReadsGzipAndRefusesDamage {READER}RefusesDamage"),
    "T19": Row("millions of members, thousands of levels", f"{WRITER}KeepsItsLimits unit.SquashfsReaderTest.HoldsBackMemoryForNamesOfOneLargeFile "
               "unit.SquashfsReaderTest.RefusesADirectoryWithinItself unit.SquashfsReaderTest.RefusesTooLongPaths"),
    "T20": Row("sparse files that lie",
               f"{READER}ReadsSparseFilesOfAllKinds {READER}RefusesBadSparseMaps {UNPACK}HolesStayHoles"),
    "T21": Row("one path as two kinds of thing", f"{WRITER}RefusesToTurnOneThingIntoAnother"),
    "T22": Row("names that look alike, or hold odd bytes",
               f"{WRITER}KeepsNamesByteForByte unit.NormalPath.TakesPathsApart {READERS_DISAGREE}"),
    "T23": Row("whiteouts, and names that look like them",
               f"{LAYER}MarkersThatSayNothingAreRefused {LAYER}AWhiteoutOfALinkDoesNotFollowIt "
               f"{LAYER}WhatTheLayerBringsStaysInAnyOrder {LAYER}AnOpaqueMarkerHidesOnlyWhatIsBelowWhereverItStands "
               f"{LAYER}MarkersFindTheirDirectoryThroughLinks"),
    "T24": Row("a device 0:0 as a whiteout", f"{WRITER}MakesNoWhiteout {LAYER}ACharacterDeviceIsNoWhiteout"),
    "T25": Row("sizes of pax headers that readers apply to different members", f"{READER}AppliesAPaxSizeToTheMemberOnly"),
    "T26": Row("global and malformed pax headers", f"{READERS_DISAGREE} {READER}ACommentForAllMembersChangesNone"),
    "T27": Row("names without an end, or two of them", READERS_DISAGREE),
    "T28": Row("bad checksums and sizes", f"{READER}RefusesDamage {READER}ReadsNumbersOfAllForms"),
    "T29": Row("times that no clock has", f"{READER}KeepsTimesWithinWhatFileSystemsHold"),
    "T30": Row("members named as our files", f"{UNPACK}NamesOfOurFilesMeanNothing"),
    "T31": Row("blobs of another digest or size", "unit.OciLayerApplyTest.EachByteCounts "
               "unit.OciLayerApplyTest.BytesAfterTheCompressedStreamAreRefused"),
    "T32": Row("layers that unpack to something else",
               "unit.OciLayerApplyTest.WhatItUnpacksToCountsToo unit.OciImageConfig.IsOfTheManifestsLayers"),
    "T33": Row("documents that grow", "unit.JsonDocument.RefusesWhatIsTooLarge unit.JsonDocument.RefusesAMemberThatStandsTwice "
               "unit.OciDocument.RefusesWhatIsTooLarge"),
    "T34": Row("an index without our platform", "unit.OciChoice.SaysWhichPlatformsThereAre "
               "unit.OciRegistryTest.TheImageItselfSaysForWhichPlatformItIs"),
    "T35": Row("redirects", f"{HTTP}FollowsRedirectsButNotForEver {HTTP}FollowsRedirectsToHttpServersOnly "
               f"{HTTP}CredentialsStayWithTheirServer unit.HttpUrl.RedirectsNeverLeaveHttps"),
    "T36": Row("servers that stall, lie about sizes, change files between parts",
               f"{HTTP}AbortsAStalledTransfer {HTTP}TruncationIsNeverAccepted {HTTP}RefusesAPartThatWasNotAskedFor "
               f"{HTTP}StartsAgainWhenTheVersionChanged {HTTP}StartsAgainWhenTheResumedFileIsWrong {HTTP}EmptyFile"),
    "T37": Row("certificates that nobody signed", "system.tls.only_known_authorities_are_trusted"),
    "T38": Row("realms on other hosts", "unit.OciRegistryAuthTest.ARealmElsewhereGetsNoPassword"),
    "T39": Row("an index of simplestreams that lies",
               "unit.StreamsProducts.RefusesPathsThatLeaveTheServer unit.StreamsProducts.RefusesWrongFingerprints "
               "unit.StreamsProducts.RefusesASecondFileOfOneKind unit.ServerPartsTest.OneByteOfAnyPart "
               "unit.ServerPartsTest.WrongSizesAreRefused unit.ImportTest.RefusesAnImageOfAnotherHash"),
    "T40": Row("a cache that others write", f"{CACHE}RefusesADirectoryThatOthersMayWrite {CACHE}FilesAreHashedAgainAtUse"),
    "P1": Row("no signature, or a signed message for one",
              f"{VERIFY}RefusesWhatIsNotSigned {VERIFY}RefusesASignedMessageInPlaceOfADetachedSignature"),
    "P2": Row("one good signature among others",
              f"{VERIFY}OneGoodSignatureIsEnoughUnlessAnotherIsBad {VERIFY}RefusesKeyThatIsNotAccepted"),
    "P3": Row("text around a clear-signed block", f"{VERIFY}RefusesTextAroundTheBlock unit.CleartextFrame.RefusesTextOutsideTheBlock "
              "unit.CleartextFrame.RefusesHeadersThatHideText unit.CleartextFrame.RefusesWhatProgramsReadDifferently"),
    "P4": Row("a signature with a text of its own", f"{VERIFY}RefusesASignedMessageInPlaceOfADetachedSignature"),
    "P5": Row("a signed document of something else", "unit.Release.IsWhatWasAskedFor"),
    "P6": Row("expired or revoked", f"{VERIFY}RefusesExpiredKey {VERIFY}RefusesExpiredSignature "
              f"{VERIFY}RefusesRevokedKeyAlsoWhenOnlyTheSecondKeyringKnows"),
    "P7": Row("keys that are not for signing", why_not="gpg neither makes such a signature nor calls one good; verify.cpp asks again"),
    "P8": Row("weak hashes and keys", f"{VERIFY}RefusesWeakHashAndWeakKeys"),
    "P9": Row("short key ids", f"{VERIFY}RefusesShortFingerprints unit.SourceKey.FingerprintsAreWholeOnes "
              "unit.SourceTlsTest.AFingerprintIsFetchedAndMustBeWhatComes"),
    "P10": Row("keys and settings of the user", f"{VERIFY}TheUsersKeysDoNotCount"),
    "P11": Row("a key with another's user id", f"{VERIFY}AKeyOfTheSameNameIsAnotherKey"),
    "P12": Row("keyrings that are flooded", f"{VERIFY}RefusesUselessKeyrings {VERIFY}GivesUpAfterItsTime"),
    "P13": Row("status lines in names and notations", why_not="gpgme's structures are read, never gpg's text"),
    "P14": Row("exit status for a verdict", why_not="gpgme's structures are read, never an exit status"),
    "P15": Row("old documents", f"{VERIFY}RefusesSignatureFromTheFuture unit.ServerIndexTest.RefusesAnOlderSignature "
               "unit.Release.RefusesWhatItCannotTrust unit.ArchiveSources.WhatWasSignedBeforeWhatWasSeenIsRefused"),
    "P16": Row("a server that never changes", "unit.ServerIndexTest.AnOldOneServesWhenTheServerIsAway"),
    "P17": Row("a mirror in another's place", "unit.ServerIndexTest.OnlyTheKeysOfTheServerCount"),
    "P18": Row("headers that name digests", f"{HTTP}WrongDigestLeavesNothing"),
    "P19": Row("signed lists of other digests", "unit.PackageIndex.RefusesEntriesItCannotTrust"),
    "P20": Row("keys, and yet no verification", "unit.ServerIndexTest.AKeyMakesSignaturesMandatory unit.ServerIndexTest.OneByteOfAnyDocument "
               "unit.RootfsSource.DeclaredKeysAreAlwaysUsed unit.ArchiveSources.AByteThatWasChangedIsNoticedAndNamed "
               "unit.ArchiveSources.PlainHttpWithoutKeysIsRefused unit.DebootstrapTest.OnlyTheKeysOfTheRecipeCount"),
    "P21": Row("a file that changes between check and use", f"{UNPACK}CountsAndHashesWhatItUnpacks {CACHE}FilesAreHashedAgainAtUse "
               f"{BYTES}AFileThatChangesIsNoticed"),
    "P22": Row("no validation, silently", "unit.ServerPartsTest.WithoutValidationSignaturesAreNotLookedAt"),
}

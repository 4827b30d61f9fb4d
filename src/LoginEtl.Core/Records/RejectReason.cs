using System.Text.Json;
using LoginEtl.Faults;

namespace LoginEtl.Records;

/// <summary>Why a message or a row was refused. The quarantine table holds <see cref="RejectReasons.Code"/>.</summary>
public enum RejectReason
{
    /// <summary>The body is empty or white space.</summary>
    EmptyBody = 1,

    /// <summary>The body is larger than 1 MiB.</summary>
    BodyTooLarge,

    /// <summary>The body is not valid UTF-8.</summary>
    InvalidUtf8,

    /// <summary>The body is not JSON.</summary>
    InvalidJson,

    /// <summary>The body is JSON, and something follows it.</summary>
    TrailingData,

    /// <summary>The body is nested too deeply.</summary>
    NestedTooDeep,

    /// <summary>The body is JSON but not an object.</summary>
    NotAnObject,

    /// <summary>A key stands twice.</summary>
    RepeatedField,

    /// <summary>A required field is absent.</summary>
    MissingField,

    /// <summary>A required field is null.</summary>
    NullField,

    /// <summary>A required field is the empty string.</summary>
    EmptyField,

    /// <summary>A field is not a string.</summary>
    WrongType,

    /// <summary>A value holds a NUL character, which PostgreSQL text cannot.</summary>
    NulCharacter,

    /// <summary>A value holds half of a surrogate pair.</summary>
    LoneSurrogate,

    /// <summary>A value is longer than its column, or than a token can hold.</summary>
    TooLong,

    /// <summary>The version is not one to three numbers separated by dots.</summary>
    InvalidVersion,

    /// <summary>A part of the version is too large for the chosen format.</summary>
    VersionOutOfRange,

    /// <summary>The body does not have the MD5 the queue gave for it.</summary>
    ChecksumMismatch,

    /// <summary>The database refused the row; SQLSTATE and constraint say why.</summary>
    RefusedByDatabase,

    /// <summary>A record out of quarantine carries a token under a key that no row may be written under any more.</summary>
    RetiredKey,

    /// <summary>The column is a uuid, and the value is none.</summary>
    InvalidUuid,

    /// <summary>A field that is not masked is an IP address, an e-mail address or a phone number as a whole.</summary>
    PiiFound,

    /// <summary>The message says that it was moved here, and nobody who holds these keys has said so.</summary>
    OriginUnverified,

    /// <summary>The message was moved here, and first sent so long ago that nobody knows any more whether it was written.</summary>
    TooOld,
}

/// <summary>The codes of <see cref="RejectReason"/>.</summary>
public static class RejectReasons
{
    private static readonly Dictionary<RejectReason, string> Codes = Enum.GetValues<RejectReason>()
        .ToDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    /// <summary>All codes.</summary>
    public static IReadOnlyCollection<string> All => Codes.Values;

    /// <summary>The reason as the quarantine table holds it: <c>missing_field</c>, <c>invalid_json</c>, …</summary>
    public static string Code(this RejectReason reason) => Codes[reason];

    /// <summary>A code as somebody gives it, where there is such a reason: what is none may be anything, and is neither quoted nor sent.</summary>
    /// <param name="code">As given.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static string Require(string code, string parameter) => Codes.Values.FirstOrDefault(c => c.Equals(code, StringComparison.OrdinalIgnoreCase)) ?? throw new LoginEtlException(
        ErrorId.SettingInvalid, $"{parameter} is none of the reasons that messages are rejected for.",
        $"They are {string.Join(", ", Codes.Values)}.");
}

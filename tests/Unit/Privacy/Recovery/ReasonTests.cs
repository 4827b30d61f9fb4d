using LoginEtl.Faults;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;
using Xunit;

namespace LoginEtl.Unit.Privacy.Recovery;

/// <summary>A reason says something to whoever reads it: it has a letter or a digit.</summary>
public sealed class ReasonTests
{
    public static TheoryData<string> Blank => ["", " \t", "\u200B", "\u2060\uFEFF", "…", " - ", "\u2800", "\u3164", "\u115F\u1160\uFFA0", "\uD801"];

    [Theory]
    [MemberData(nameof(Blank))]
    public void Reason_that_shows_nothing_is_refused(string reason)
    {
        Assert.Equal("ReasonMissing", Assert.Throws<LoginEtlException>(() => new RecoveryOptions { Command = "Test", Reason = reason }.RequireReason()).Id);
        Assert.Equal("ReasonMissing", Assert.Throws<LoginEtlException>(() => new Dismissal(reason)).Id);
    }

    [Theory]
    [InlineData("""{"user_id": "x", "ip": "199.172.111.135"}""")]
    [InlineData("""  "{\"ip\": \"199.172.111.135\"}" """)]
    [InlineData("Host=db;Username=u;Password=hunter2")]
    [InlineData("postgresql://etl:hunter2@h1,h2/db")]
    [InlineData("postgresql://etl@srv:hunter2@db/logins")]
    [InlineData("postgresql://etl:hun ter hunter2@db/logins")]
    [InlineData("@{user_id=u1; ip=199.172.111.135}")]
    [InlineData("\uFEFF{\"ip\":\"199.172.111.135\"}")]
    public void Body_or_connection_in_the_place_of_a_reason_is_neither_sent_nor_kept(string reason)
    {
        foreach (var fault in (LoginEtlException[])[
            Assert.Throws<LoginEtlException>(() => new Dismissal(reason)),
            Assert.Throws<LoginEtlException>(() => new RecoveryOptions { Command = "Test", Reason = reason }.RequireReason())])
        {
            Assert.Equal("ReasonMissing", fault.Id);
            Assert.DoesNotContain("199.172", fault.Message + fault.Remedy, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", fault.Message + fault.Remedy, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("7")]
    [InlineData("Ж")]
    [InlineData("問い合わせ")]
    [InlineData("\U00010400")]
    public void Reason_of_any_script_is_taken(string reason)
    {
        new RecoveryOptions { Command = "Test", Reason = reason }.RequireReason();
        Assert.Equal(reason, new Dismissal(reason).Reason);
    }
}

using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Core.Settings;

/// <summary>The table's names of columns, as people give them.</summary>
public sealed class ColumnNamesTests
{
    [Fact]
    public void Names_are_read_from_text_and_the_others_stay()
    {
        var names = ColumnNames.Parse(" masked_ip = hashed_ip ,Create_Date=\"Logged At\",");
        Assert.Equal(("hashed_ip", "\"Logged At\"", "user_id"), (names.Of("masked_ip"), names.Of("create_date"), names.Of("user_id")));
        Assert.Equal(LoginFields.Columns, LoginFields.Columns.Select(ColumnNames.Parse("").Of));
    }

    [Theory]
    [InlineData("Hashed IP")]
    [InlineData(" hashed_ip ")]
    [InlineData("geräte-kennung 数")]
    [InlineData("x\"; DROP TABLE user_logins; --")]
    [InlineData("a,b")]
    [InlineData("012345678901234567890123456789012345678901234567890123456789012")]
    public void Names_of_pairs_are_taken_exactly(string name) =>
        Assert.Equal(name, ColumnNames.From([KeyValuePair.Create<string, string?>("MASKED_IP", name)]).Of("masked_ip"));

    [Fact]
    public void Two_columns_may_have_each_other_s_name() =>
        Assert.Equal("masked_device_id", ColumnNames.Parse("masked_ip=masked_device_id,masked_device_id=masked_ip").Of("masked_ip"));

    [Theory]
    [InlineData("ip=hashed_ip", "none of user_id, device_type, masked_ip, masked_device_id, locale, app_version, app_version_major, app_version_minor, app_version_patch, create_date")]
    [InlineData("hashed_ip", "without the column")]
    [InlineData("masked_ip=", "The name for masked_ip is empty")]
    [InlineData("masked_ip=a,MASKED_IP=b", "Two names are given for masked_ip")]
    [InlineData("masked_ip=h,masked_device_id=h", "would be masked_ip and masked_device_id")]
    [InlineData("device_type=locale", "would be device_type and locale")]
    public void What_cannot_be_a_name_is_refused_and_says_why(string text, string said) =>
        Assert.Contains(said, Refused(text).Message, StringComparison.Ordinal);

    [Fact]
    public void What_PostgreSQL_would_cut_or_cannot_hold_is_refused()
    {
        Assert.Contains("more than 63 bytes", Refused($"masked_ip=é{new string('x', 62)}").Message, StringComparison.Ordinal);
        Assert.Equal($"é{new string('x', 61)}", ColumnNames.Parse($"masked_ip=é{new string('x', 61)}").Of("masked_ip"));
        Assert.Contains("no name can have", Refused("masked_ip=a\0b").Message, StringComparison.Ordinal);
        Assert.Contains("no name can have", Refused("masked_ip=a\uD800b").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Username=u;Password=s3cret")]
    [InlineData("masked_ip=Host=db;Username=u;Password=s3cret")]
    [InlineData("postgresql://u:s3cret@db/logins")]
    [InlineData("masked_ip=postgresql://u:s3cret@db/logins")]
    [InlineData("masked_ip=s3cret7890123456789012345678901234567890123456789012345678901234")]
    [InlineData("masked_ip={\"ip\":\"s3cret\"}")]
    [InlineData("s3cret=hashed_ip")]
    [InlineData("masked_ip=s3cret,masked_device_id=s3cret")]
    public void What_stands_in_the_wrong_place_is_not_shown(string text) =>
        Assert.DoesNotContain("s3cret", Refused(text).ToString(), StringComparison.Ordinal);

    private static LoginEtlException Refused(string text)
    {
        var fault = Assert.Throws<LoginEtlException>(() => ColumnNames.Parse(text));
        Assert.Equal(("ColumnNameInvalid", FaultKind.Configuration), (fault.Id, fault.Kind));
        Assert.Contains("masked_ip=hashed_ip", fault.Remedy, StringComparison.Ordinal);
        return fault;
    }
}

using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Worker;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What the worker makes of its command line.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] Needed = ["--queue", "q", "--database", "d"];

    [Theory]
    [InlineData("postgresql://u:s3cret@h/d")]
    [InlineData("Host=h;Password='a;b' s3cret")]
    [InlineData("s3cret")]
    [InlineData("@s3cret")]
    [InlineData("--s3cret")]
    [InlineData("'--wait'\ns3cret'")]
    public void What_stands_in_the_wrong_place_is_not_shown(string misplaced)
    {
        var errors = WorkerCommand.Create(TestContext.Current.CancellationToken).Parse([.. Needed, misplaced]).Errors;
        Assert.NotEmpty(errors);
        Assert.All(errors, e => Assert.DoesNotContain("s3cret", WorkerCommand.Say(e), StringComparison.Ordinal));
    }

    [Fact]
    public void Flag_that_is_not_known_is_named()
    {
        var error = Assert.Single(WorkerCommand.Create(TestContext.Current.CancellationToken).Parse([.. Needed, "--wiat"]).Errors);
        Assert.Contains("--wiat", WorkerCommand.Say(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("Json,Query")]
    [InlineData("Smtp")]
    public void Name_that_is_none_is_refused(string name)
    {
        var error = Assert.Single(WorkerCommand.Create(TestContext.Current.CancellationToken).Parse([.. Needed, "--protocol", name]).Errors);
        Assert.Equal("--protocol is not valid: it takes one of Auto, Json, Query, Sdk.", WorkerCommand.Say(error));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("1048576", 1 << 20)]
    [InlineData("2kb", 2 << 10)]
    [InlineData("512MB", 512 << 20)]
    [InlineData("2GB", 2L << 30)]
    public void Bytes_are_written_as_PowerShell_writes_them(string text, long bytes)
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        Assert.Equal(bytes, command.Settings.ReceiveOptions(command.Parse([.. Needed, "--max-held-bytes", text])).MaxHeldBytes);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("MB")]
    [InlineData("1.5GB")]
    [InlineData("9999999999GB")]
    public void Bytes_that_are_none_are_refused(string text)
    {
        var error = Assert.Single(WorkerCommand.Create(TestContext.Current.CancellationToken).Parse([.. Needed, "--max-held-bytes", text]).Errors);
        Assert.Equal("--max-held-bytes is not valid: it takes a number of bytes, such as 512MB.", WorkerCommand.Say(error));
    }

    [Fact]
    public void Bytes_not_given_are_a_quarter_of_the_memory_and_512_MB_at_most()
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        var all = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Assert.Equal(Math.Min(all / 4, 512 << 20), command.Settings.ReceiveOptions(command.Parse(Needed)).MaxHeldBytes);
    }

    [Fact]
    public void What_makes_messages_the_same_is_read_and_what_is_none_is_refused()
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        var options = command.Settings.ReceiveOptions(command.Parse([.. Needed, "--envelope", "none", "--identity-from", "attribute:login_id"]));
        Assert.Equal(("None", "Attribute:login_id"), ($"{options.Decoding.Envelope}", $"{options.Decoding.Identity}"));
        var standing = command.Settings.ReceiveOptions(command.Parse(Needed)).Decoding;
        Assert.Equal("Forwarded", $"{command.Settings.ProtectOptions(command.Parse([.. Needed, "--ip-form", "forwarded"])).IpForm}");
        Assert.Equal(("Auto", "Envelope"), ($"{standing.Envelope}", $"{standing.Identity}"));
        var error = Assert.Single(command.Parse([.. Needed, "--identity-from", "s3cret"]).Errors);
        Assert.Equal("--identity-from is not valid: it takes MessageId, Envelope, Attribute:NAME or Field:NAME.", WorkerCommand.Say(error));
    }

    [Fact]
    public void Names_of_columns_are_read_and_what_is_none_is_refused_and_not_shown()
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        var names = command.Settings.Database(command.Parse([.. Needed, "--column-name", "masked_ip=hashed_ip,create_date=Logged At"]), TestContext.Current.CancellationToken).ColumnNames;
        Assert.Equal(("hashed_ip", "Logged At", "locale"), (names.Of("masked_ip"), names.Of("create_date"), names.Of("locale")));
        Assert.Equal("masked_ip", command.Settings.Database(command.Parse(Needed), TestContext.Current.CancellationToken).ColumnNames.Of("masked_ip"));
        var fault = Assert.Throws<LoginEtlException>(() => command.Settings.Database(command.Parse([.. Needed, "--column-name", "Host=h;Password=s3cret"]), TestContext.Current.CancellationToken));
        Assert.Equal("ColumnNameInvalid", fault.Id);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void New_key_is_taken_only_where_that_is_said()
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        Assert.False(command.Settings.SinkOptions(command.Parse(Needed)).NewKey);
        Assert.True(command.Settings.SinkOptions(command.Parse([.. Needed, "--new-key"])).NewKey);
    }

    [Fact]
    public void Value_that_begins_with_an_at_sign_is_a_value_and_no_file()
    {
        var command = WorkerCommand.Create(TestContext.Current.CancellationToken);
        var parsed = command.Parse(["--queue", "q", "--database", "@nowhere"]);
        Assert.Empty(parsed.Errors);
        Assert.Equal("@nowhere", command.Settings.Database(parsed, TestContext.Current.CancellationToken).Database.Reveal());
    }

    [Fact]
    public void Every_flag_has_a_variable_that_the_cmdlets_know_too_and_no_other_is_known() =>
        Assert.Equal(
            WorkerCommand.Create(TestContext.Current.CancellationToken).Settings.All.Select(o => $"LOGINETL_{o.Name.TrimStart('-').Replace('-', '_').ToUpperInvariant()}")
                .Append(EnvironmentSettings.AuditVariable).Order(StringComparer.Ordinal),
            SettingVariables.Known.Order(StringComparer.Ordinal));
}

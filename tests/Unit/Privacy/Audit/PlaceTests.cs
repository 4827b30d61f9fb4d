using System.Diagnostics;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Audit;

/// <summary>A place has one audit file, and every file that was ever anchored is to be found: what is not where it belongs shows.</summary>
public sealed class PlaceTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly MemoryAnchor _anchor = new();

    public PlaceTests() => Folder = Directory.CreateDirectory(Path.Combine(_keys.Folder, "..", "audit")).FullName;

    private string Folder { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Harmless_file_in_the_place_of_the_official_one_shows()
    {
        await RecordAsync("official.jsonl", 3);
        await RecordAsync("other.jsonl");
        Assert.Equal("Intact Intact", await SurveyAsync());
        File.Delete(PathOf("official.jsonl"));
        File.Move(PathOf("other.jsonl"), PathOf("official.jsonl"));
        Assert.Equal(AuditState.Replaced, (await VerifyAsync("official.jsonl")).State);
        Assert.Equal("Replaced Missing", await SurveyAsync());
        await AssertRefusedAsync("official.jsonl", "AuditFileReplaced");
    }

    [Fact]
    public async Task Files_that_were_exchanged_show_each()
    {
        await RecordAsync("one.jsonl");
        await RecordAsync("two.jsonl");
        File.Move(PathOf("one.jsonl"), PathOf("away"));
        File.Move(PathOf("two.jsonl"), PathOf("one.jsonl"));
        File.Move(PathOf("away"), PathOf("two.jsonl"));
        Assert.Equal(AuditState.Replaced, (await VerifyAsync("one.jsonl")).State);
        Assert.Equal(AuditState.Replaced, (await VerifyAsync("two.jsonl")).State);
        Assert.Equal("Replaced Replaced", await SurveyAsync());
    }

    [Fact]
    public async Task File_that_was_renamed_is_moved_until_it_is_back()
    {
        await RecordAsync("official.jsonl", 2);
        File.Move(PathOf("official.jsonl"), PathOf("renamed.jsonl"));
        Assert.Equal(AuditState.Moved, (await VerifyAsync("renamed.jsonl")).State);
        Assert.Equal("Missing", await SurveyAsync());
        await AssertRefusedAsync("renamed.jsonl", "AuditFileMoved");
        File.Move(PathOf("renamed.jsonl"), PathOf("official.jsonl"));
        await RecordAsync("official.jsonl");
        Assert.Equal("Intact", await SurveyAsync());
    }

    [Fact]
    public async Task Second_name_and_second_way_to_a_file_are_other_places()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "ln makes the second name.");
        var folder = Directory.CreateDirectory(PathOf("folder")).FullName;
        await RecordAsync("folder/official.jsonl");
        using (var ln = Process.Start("ln", [PathOf("folder/official.jsonl"), PathOf("second.jsonl")]))
        {
            await ln.WaitForExitAsync(Token);
        }

        Directory.CreateSymbolicLink(PathOf("way"), folder);
        await AssertRefusedAsync("second.jsonl", "AuditFileMoved");
        await AssertRefusedAsync("way/official.jsonl", "AuditFileMoved");

        // The folder itself is exchanged for a link to another one, with another file of that name.
        Directory.CreateDirectory(PathOf("harmless"));
        await RecordAsync("harmless/official.jsonl");
        Directory.Move(folder, PathOf("hidden"));
        Directory.CreateSymbolicLink(folder, PathOf("harmless"));
        Assert.Equal(AuditState.Replaced, (await VerifyAsync("folder/official.jsonl")).State);
        Assert.Equal("Replaced Intact", await SurveyAsync());
    }

    [Fact]
    public async Task Deleted_file_is_missing_and_none_is_begun_in_its_place()
    {
        await RecordAsync("official.jsonl", 2);
        File.Delete(PathOf("official.jsonl"));
        Assert.Equal("Missing", await SurveyAsync());
        Assert.Equal("AuditFileCut", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync("official.jsonl"))).Id);
        Assert.False(File.Exists(PathOf("official.jsonl")));
        var fault = (await AllAsync())[0].Fault()!;
        Assert.Equal("AuditFileMissing", fault.Id);
        Assert.Contains("official.jsonl", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archived_file_is_found_by_its_id_and_the_next_goes_on_under_another_name()
    {
        await RecordAsync("2025.jsonl", 3);
        var stale = await File.ReadAllLinesAsync(PathOf("2025.jsonl"), Token);
        var archive = Directory.CreateDirectory(PathOf("archive/old")).FullName;
        await File.WriteAllLinesAsync(Path.Combine(archive, "a-stale-copy"), stale[..2], Token);
        Assert.Equal("Intact", await SurveyAsync(archives: PathOf("archive")));
        File.Move(PathOf("2025.jsonl"), Path.Combine(archive, "recovery of 2025"));
        await RecordAsync("2026.jsonl");
        await File.WriteAllTextAsync(Path.Combine(archive, "notes.txt"), "{\"line\":1}", Token);
        File.CreateSymbolicLink(Path.Combine(archive, "link"), PathOf("2026.jsonl"));
        Assert.Equal("Missing Intact", await SurveyAsync());
        Assert.Equal("Archived Intact", await SurveyAsync(archives: PathOf("archive")));
        await File.WriteAllBytesAsync(PathOf("2025.jsonl"), [], Token);
        Assert.Equal("Archived Intact", await SurveyAsync(archives: PathOf("archive")));
        await RecordAsync("unseen.jsonl");
        File.Move(PathOf("unseen.jsonl"), PathOf("2025.jsonl"), overwrite: true);
        Assert.Equal("Replaced Intact Missing", await SurveyAsync(archives: PathOf("archive")));

        // Nobody goes on in the archive, and a copy that is cut is no copy.
        var path = Path.Combine("archive", "old", "recovery of 2025");
        await AssertRefusedAsync(path, "AuditFileMoved");
        File.Delete(PathOf(path));
        File.Delete(PathOf("2025.jsonl"));
        Assert.Equal("Broken Intact Missing", await SurveyAsync(archives: PathOf("archive")));
        Assert.Equal("AuditArchiveNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => AllAsync(archives: PathOf("nowhere")))).Id);
    }

    [Fact]
    public async Task Copy_at_another_path_is_no_file_at_its_place()
    {
        await RecordAsync("official.jsonl");
        File.Copy(PathOf("official.jsonl"), PathOf("copy.jsonl"));
        Assert.Equal(AuditState.Moved, (await VerifyAsync("copy.jsonl")).State);
        Assert.Equal(AuditState.Intact, (await VerifyAsync("official.jsonl")).State);
    }

    [Fact]
    public async Task File_of_another_database_shows()
    {
        await RecordAsync("official.jsonl", 2);
        _anchor.Anchors.Clear();
        await RecordAsync("another.jsonl");
        var report = await VerifyAsync("official.jsonl");
        Assert.Equal(AuditState.AnchorsLost, report.State);
        Assert.Contains("none of its 2 lines", report.Why, StringComparison.Ordinal);
        await AssertRefusedAsync("official.jsonl", "AuditAnchorsLost");
    }

    [Fact]
    public async Task File_of_another_host_is_to_be_shown_too()
    {
        // As it is when the host's name is another one.
        await RecordAsync("official.jsonl");
        var anchor = _anchor.Anchors[0];
        _anchor.Anchors.Clear();
        await AddAsync(anchor with { Place = $"elsewhere:{PathOf("official.jsonl")}" });
        Assert.Equal("Elsewhere", await SurveyAsync());
        Assert.Equal(AuditState.Moved, (await VerifyAsync("official.jsonl")).State);
        await AssertRefusedAsync("official.jsonl", "AuditFileMoved");
        Assert.Equal("Archived", await SurveyAsync(archives: Folder));
    }

    [Fact]
    public async Task Anchors_made_by_hand_take_no_place_and_move_no_file()
    {
        await RecordAsync("official.jsonl", 2);
        await RecordAsync("intruder.jsonl");
        await AddAsync(_anchor.Anchors[2] with { Line = 2, Place = AuditPlace.Of(PathOf("official.jsonl")) });
        Assert.Equal(AuditState.Intact, (await VerifyAsync("official.jsonl")).State);
        Assert.Equal(AuditState.Broken, (await VerifyAsync("intruder.jsonl")).State);
        _anchor.Anchors.RemoveAt(3);
        File.Move(PathOf("official.jsonl"), PathOf("moved.jsonl"));
        await AddAsync(_anchor.Anchors[1] with { Line = 3, Place = AuditPlace.Of(PathOf("moved.jsonl")) });
        Assert.Equal("Broken Intact", await SurveyAsync());

        // Also with a line for it, which takes the audit key.
        using var keys = new AuditKeys(_keys.Ring);
        var (bytes, mac) = AuditLine.Write(keys, 3, _anchor.Anchors[1].FileId, DateTimeOffset.UtcNow, Entry, _anchor.Target, null, null, _anchor.Anchors[1].Mac);
        await File.AppendAllBytesAsync(PathOf("moved.jsonl"), bytes, Token);
        _anchor.Anchors.RemoveAt(3);
        await AddAsync(_anchor.Anchors[1] with { Line = 3, Mac = mac, Place = AuditPlace.Of(PathOf("moved.jsonl")) });
        Assert.Equal("Moved Intact", await SurveyAsync());
        Assert.Contains("line 3 was anchored from", (await VerifyAsync("moved.jsonl")).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_that_somebody_made_up_are_neither_waited_for_nor_obeyed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The places are those of Unix systems.");
        using (var mkfifo = Process.Start("mkfifo", [PathOf("pipe")]))
        {
            await mkfifo.WaitForExitAsync(Token);
        }

        File.CreateSymbolicLink(PathOf("link"), "/etc/passwd");
        string[] paths =
        [
            PathOf("pipe"), PathOf("link"), Folder, "/dev/zero", "/dev/null", "/proc/self/mem", "/proc/kmsg", "/etc/passwd", "//server/share/audit.jsonl", "relative.jsonl", "/a/../b",
            "/x\e[2J\e[1;1H\u202Eintact", $"/{new string('y', 5000)}", "",
        ];
        await RecordAsync("official.jsonl");
        foreach (var path in paths)
        {
            await AddAsync(_anchor.Anchors[0] with { FileId = Guid.NewGuid(), Place = $"{Environment.MachineName}:{path}" });
        }

        var started = Stopwatch.StartNew();
        var reports = await AllAsync();
        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(
            "Intact Replaced Replaced Replaced Replaced Replaced Replaced Replaced Broken Elsewhere Elsewhere Elsewhere Missing Unreadable Elsewhere", string.Join(' ', reports.Select(r => r.State)));
        Assert.All(reports, r => Assert.DoesNotContain(r.Place + r + r.Fault()?.Message, c => char.IsControl(c) || c == '\u202E'));
        Assert.All(reports, r => Assert.InRange(r.Place.Length, 1, 1100));
    }

    [Fact]
    public async Task File_that_the_settings_name_is_looked_at_whether_it_is_known_or_not()
    {
        Assert.Equal("", await SurveyAsync("official.jsonl"));
        await RecordAsync("official.jsonl", 2);
        Assert.Equal("Intact", await SurveyAsync("official.jsonl"));
        _anchor.Anchors.Clear();
        Assert.Equal("AnchorsLost", await SurveyAsync("official.jsonl"));
        Assert.Equal("AnchorsLost", await SurveyAsync(archives: Folder));
        await RecordAsync("new.jsonl");
        Assert.Equal("Intact AnchorsLost", await SurveyAsync("official.jsonl"));
    }

    [Fact]
    public async Task Anchors_that_do_not_follow_are_told_first()
    {
        await RecordAsync("one.jsonl");
        await RecordAsync("gone.jsonl");
        await RecordAsync("two.jsonl");
        _anchor.Anchors.RemoveAt(1);
        File.Delete(PathOf("gone.jsonl"));
        Assert.Equal("AnchorsLost Intact AnchorsLost", await SurveyAsync());
        Assert.Contains("anchor 2 is gone", (await AllAsync())[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_recovered_while_files_are_looked_at_breaks_none()
    {
        await RecordAsync("one.jsonl");
        await RecordAsync("two.jsonl");
        var recovering = Task.Run(() => RecordAsync("one.jsonl", 150), Token);
        var looks = 0;
        for (; !recovering.IsCompleted || looks < 3; looks++)
        {
            Assert.Equal("Intact Intact", await SurveyAsync());
        }

        await recovering;
        Assert.Equal(151, (await VerifyAsync("one.jsonl")).Lines);
    }

    private static AuditEntry Entry => new() { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = [] };

    private string PathOf(string name) => Path.Combine(Folder, name);

    private async Task RecordAsync(string name, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            using var log = new AuditLog(PathOf(name), _keys.Ring, _anchor);
            await log.RecordAsync(Entry, Token);
        }
    }

    // By hand, as somebody does who recovers and has the audit key.
    private async Task AddAsync(AuditAnchor content)
    {
        using var keys = new AuditKeys(_keys.Ring);
        await AnchorChain.AddAsync(_anchor, keys, content with { Number = 0, Link = "", By = "", At = default }, _anchor.Anchors.LastOrDefault());
    }

    private Task<AuditReport> VerifyAsync(string name) => AuditVerification.RunAsync(PathOf(name), _keys.Ring, _anchor, [], Token);

    private Task<IReadOnlyList<AuditReport>> AllAsync(string? file = null, string? archives = null) => AuditVerification.RunAsync(
        _keys.Ring, _anchor, file is null ? [] : [PathOf(file)], archives is null ? [] : [archives], [], Token);

    private async Task<string> SurveyAsync(string? file = null, string? archives = null) =>
        string.Join(' ', (await AllAsync(file, archives)).Select(r => r.State));

    private async Task AssertRefusedAsync(string name, string id)
    {
        var before = await File.ReadAllBytesAsync(PathOf(name), Token);
        Assert.Equal(id, (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(name))).Id);
        Assert.Equal(before, await File.ReadAllBytesAsync(PathOf(name), Token));
    }
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

/// <summary>Debian's python3-cryptography makes and opens the same tokens; skipped, with the reason, where it is not installed.</summary>
public sealed class SecondImplementationTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Another_implementation_makes_the_same_tokens_and_opens_ours()
    {
        var random = new Random(2026);
        var values = Enumerable.Range(0, 150).Select(i => (Ip: $"10.{i / 250}.{i % 250}.1", Device: TokenPropertyTests.Text(random))).ToList();
        var siv = Protect("ip=siv,device_id=siv", values);
        var mac = Protect("ip=mac,device_id=mac", values);
        var escrow = Protect("ip=pfx,device_id=escrow", values);
        var asked = new JsonObject
        {
            ["keys"] = new JsonObject([.. new[] { "ip", "device_id", "ip.mac", "device_id.mac", "ip.pfx" }
                .Select(n => KeyValuePair.Create(n, JsonNode.Parse(File.ReadAllText(Path.Combine(_keys.Folder, $"{n}.json")))))]),
            ["escrow"] = JsonNode.Parse(File.ReadAllText(_keys.EscrowPath)),
            ["values"] = new JsonArray([.. values.Select(v => new JsonObject { ["ip"] = v.Ip, ["device_id"] = CanonicalForm.OfDeviceId(v.Device) })]),
            ["sealed"] = new JsonArray([.. escrow.Select(r => r.GetSealedOriginals()[0]).Select(o => new JsonArray(o.Token, Convert.ToBase64String(o.AsMemory().Span)))]),
        };
        var answer = Ask(asked);
        for (var i = 0; i < values.Count; i++)
        {
            var theirs = answer[i]!;
            Assert.Equal((siv[i].MaskedIp, siv[i].MaskedDeviceId), ((string?)theirs["siv"]![0], (string?)theirs["siv"]![1]));
            Assert.Equal((mac[i].MaskedIp, mac[i].MaskedDeviceId), ((string?)theirs["mac"]![0], (string?)theirs["mac"]![1]));
            Assert.Equal(escrow[i].MaskedIp, (string?)theirs["pfx"]);
            Assert.Equal(CanonicalForm.OfDeviceId(values[i].Device), (string?)theirs["original"]);
        }
    }

    // Debian's own Python has Debian's packages; another may stand before it on PATH.
    private static JsonArray Ask(JsonObject asked)
    {
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            if (Run(python, asked.ToJsonString()) is { } answer)
            {
                return JsonNode.Parse(answer)!.AsArray();
            }
        }

        Assert.Skip("No python3 has python-cryptography with AESSIV.");
        return [];
    }

    /// <summary>What it said; null where the program or the package is missing.</summary>
    private static string? Run(string program, string input)
    {
        Process python;
        try
        {
            python = Process.Start(new ProcessStartInfo(program, [Path.Combine(AppContext.BaseDirectory, "Vectors", "second_implementation.py")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (python)
        {
            var output = python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            try
            {
                python.StandardInput.Write(input);
                python.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read: its exit code says why.
            }

            python.WaitForExit();
            const int missing = 3;
            Assert.True(python.ExitCode is 0 or missing, errors.Result);
            return python.ExitCode == missing ? null : output.Result;
        }
    }

    private LoginRecord[] Protect(string methods, IReadOnlyList<(string Ip, string Device)> values)
    {
        using var protector = _keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse(methods) });
        return [.. protector.Protect([.. values.Select(v => Deliveries.Decode(
            $$"""{"user_id":"u","app_version":"1","ip":{{JsonSerializer.Serialize(v.Ip)}},"device_id":{{JsonSerializer.Serialize(v.Device)}}}"""))]).Cast<LoginRecord>()];
    }
}

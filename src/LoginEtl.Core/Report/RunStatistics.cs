using System.Globalization;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>
/// What a run's page shows beside its receipt, gathered batch by batch in bounded memory, however long the run is. It holds tokens
/// and what stands in clear in the rows, but no user. Thread-safe.
/// </summary>
/// <param name="time">Tells the time; the system's when null.</param>
public sealed class RunStatistics(TimeProvider? time = null)
{
    /// <summary>So many different values are counted each for itself.</summary>
    internal const int MostValues = 1_000;

    /// <summary>So many bars over time.</summary>
    internal const int MostSlots = 120;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly long _began = (time ?? TimeProvider.System).GetTimestamp();

    /// <summary>What became of the messages of its batches.</summary>
    internal RunCounts Outcomes { get; } = new();

    /// <summary>By the day of the row.</summary>
    internal ValueCounts Days { get; } = new(MostValues);

    internal ValueCounts DeviceTypes { get; } = new(MostValues);

    internal ValueCounts AppVersions { get; } = new(MostValues);

    internal ValueCounts Locales { get; } = new(MostValues);

    /// <summary>By reason and field, of messages that went to quarantine.</summary>
    internal ValueCounts Rejects { get; } = new(MostValues);

    internal TopTokens Ips { get; } = new(MostValues);

    internal TopTokens Devices { get; } = new(MostValues);

    internal TimeSlots Times { get; } = new(MostSlots);

    /// <summary>Counts a batch.</summary>
    public void Add(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_lock)
        {
            Outcomes.Add(batch.Outcomes);
            var ages = default(Spread);
            for (var i = 0; i < batch.Logins.Count; i++)
            {
                if (batch.Logins[i] is LoginRecord login && batch.Outcomes[i] is Outcome.Written or Outcome.Updated)
                {
                    Add(login);
                    ages = login.SentTimestamp is { } sent ? ages.With(_time.GetUtcNow() - sent) : ages;
                }
                else if (batch.Logins[i] is SealedReject reject && batch.Outcomes[i] == Outcome.Quarantined)
                {
                    Rejects.Add($"{reject.GetRejection()}");
                }
            }

            foreach (var refused in batch.Refused)
            {
                Rejects.Add($"{refused}");
            }

            Times.Add(_time.GetElapsedTime(_began), new Slot(batch.Outcomes.Count, default(Spread).With(batch.Elapsed), ages));
        }
    }

    /// <summary>Reads of it while nothing is added.</summary>
    internal T Read<T>(Func<RunStatistics, T> read)
    {
        lock (_lock)
        {
            return read(this);
        }
    }

    private void Add(LoginRecord login)
    {
        Days.Add(login.CreateDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        DeviceTypes.Add(login.DeviceType);
        AppVersions.Add(login.AppVersion);
        Locales.Add(login.Locale);
        Count(Ips, login.MaskedIp);
        Count(Devices, login.MaskedDeviceId);
    }

    private static void Count(TopTokens tokens, string? token)
    {
        if (token is not null)
        {
            tokens.Add(token);
        }
    }
}

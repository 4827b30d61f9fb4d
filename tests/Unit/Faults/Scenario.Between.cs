using LoginEtl.Faults;
using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <content>What else happens to a queue and a database, between runs.</content>
internal sealed partial class Scenario
{
    /// <summary>
    /// What is in the queue goes to another one while calls go wrong, and comes back from there: what was sent there and not
    /// deleted here is in the queue twice then, and messages have other ids than they were sent with.
    /// </summary>
    public async Task MoveAsync(CallFaults faults)
    {
        const int Most = 10;
        await WaitForLateCommitsAsync();
        var name = _lane.NewName("moved-");
        var elsewhere = await ScenarioQueue.CreateAsync(_lane.Calls, name, visibilityTimeout: 2);
        var move = new QueueMove(_lane, _calls.EndpointUrl, _database);
        _calls.Suffer(faults);
        var there = await TryAsync(_name, name);
        _calls.Suffer(CallFaults.None);
        var back = new List<string>();
        for (var moves = 0; await elsewhere.CountsAsync() != (0, 0) && moves < Most; moves++)
        {
            back.Add(await TryAsync(name, _name));
        }

        _moves.Add($"moved: {there}; back: {string.Join("; ", back)}");
        if (await elsewhere.CountsAsync() != (0, 0))
        {
            _complaints.Add($"messages did not come back: {_moves[^1]}");
        }

        await elsewhere.DeleteAsync();
        _moved = await _queue.OriginsAsync();

        async Task<string> TryAsync(string from, string to)
        {
            try
            {
                return $"{await move.RunAsync(from, to)}";
            }
            catch (LoginEtlException e)
            {
                return e.Id;
            }
        }
    }

    /// <summary>A run that meets nothing but bodies that are no login, all of one kind. What comes later comes among them.</summary>
    public async Task FloodAsync(int messages, PlannedRun plan)
    {
        _isFlooded = true;
        var before = _sent.Count;
        await SendAsync(ForeignBody.Flood(_draws, messages));
        await RunAsync(plan);
        await WaitForLateCommitsAsync();
        _complaints.AddRange(BrakeCheck.FloodComplaints(
            _sent[before..], [.. _runs.TakeLast(plan.Workers)], await ReadAsync(new HashSet<string>()), plan.IsUndisturbed));
    }

    /// <summary>
    /// Some of the users that have rows are erased by their ids, as Remove-LoginSubject does. Copies of their messages that are in the
    /// queue, or come to it, bring nothing back.
    /// </summary>
    public async Task EraseAsync(int users)
    {
        await WaitForLateCommitsAsync();
        var there = (await ReadAsync(new HashSet<string>())).Rows.Keys.Order(StringComparer.Ordinal).ToList();
        var erasure = new SubjectErasure(_lane, _name, _database);
        foreach (var user in there.Where((_, i) => i % Math.Max(1, there.Count / users) == 0).Take(users))
        {
            var removed = await erasure.RunAsync(user);
            _erased.Add(user);
            if (removed != 1)
            {
                _complaints.Add($"{removed} rows of {user} were erased, who had one");
            }
        }
    }
}

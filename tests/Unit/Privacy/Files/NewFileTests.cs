using LoginEtl.Files;
using Xunit;

namespace LoginEtl.Unit.Privacy.Files;

/// <summary>A key file or an audit file comes to its name once, however many want that name at the same moment.</summary>
public sealed class NewFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loginetl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_of_many_gets_the_name_and_keeps_it()
    {
        for (var round = 0; round < 200; round++)
        {
            var name = Path.Combine(_folder, $"{round}");
            using var start = new Barrier(4);
            var winners = new List<string>();
            var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
            {
                var file = $"{name}.{i}";
                File.WriteAllText(file, $"{i}");
                start.SignalAndWait();
                try
                {
                    NewFile.Name(file, name);
                    lock (winners)
                    {
                        winners.Add($"{i}");
                    }
                }
                catch (IOException)
                {
                    File.Delete(file);
                }
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            Assert.Equal(File.ReadAllText(name), Assert.Single(winners));
        }

        Assert.Equal(200, Directory.GetFiles(_folder).Length);
    }
}

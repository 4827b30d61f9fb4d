using System.Reflection;
using System.Runtime.Loader;
using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Loading;

/// <summary>
/// Where the queue client, the driver and everything they need live: another module's version of the same packages
/// neither meets ours nor is met by it. Types that cross the border are Core's and Privacy's, of which
/// there is one each.
/// </summary>
internal sealed class PrivateLoadContext : AssemblyLoadContext
{
    private static readonly Assembly[] s_shared = [typeof(LoginRecord).Assembly, typeof(LoginEtlException).Assembly];

    private readonly string _folder;

    private PrivateLoadContext(string folder)
        : base("LoginEtl") => _folder = folder;

    public static PrivateLoadContext Instance { get; } = new(
        Path.Combine(Path.GetDirectoryName(typeof(PrivateLoadContext).Assembly.Location)!, "deps"));

    /// <summary>Makes one of the far side's classes, seen through its interface in Core.</summary>
    public T Create<T>(string assembly, string type)
        where T : class =>
        (T)Activator.CreateInstance(LoadFromAssemblyName(new AssemblyName(assembly)).GetType(type, throwOnError: true)!)!;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (s_shared.FirstOrDefault(a => a.GetName().Name == assemblyName.Name) is { } shared)
        {
            return shared;
        }

        var path = Path.Combine(_folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}

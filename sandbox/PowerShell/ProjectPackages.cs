using System.Reflection;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.PowerShell;

/// <summary>PowerShell and Pester as the project's own packages, in the folder that the build restored them to.</summary>
internal static class ProjectPackages
{
    /// <summary>The version of <see cref="PowerShell"/>.</summary>
    public static Version PowerShellVersion => new(Path.GetFileName(Folder("PowerShellPackage")));

    /// <summary>pwsh.dll, which is started by dotnet. The package's command, a launcher, would only start it as a child.</summary>
    /// <exception cref="SandboxException">It is not there any more.</exception>
    public static string PowerShell =>
        Existing("PowerShellPackage", $"tools/net10.0/any/{(OperatingSystem.IsWindows() ? "win" : "unix")}/pwsh.dll");

    /// <summary>Pester's manifest.</summary>
    /// <exception cref="SandboxException">It is not there any more.</exception>
    public static string Pester => Existing("PesterPackage", "tools/Pester.psd1");

    private static string Existing(string package, string path)
    {
        string file = Path.GetFullPath(Path.Combine(Folder(package), path));
        return File.Exists(file)
            ? file
            : throw new SandboxException($"{file} is not there. Run 'dotnet build' in the clone, which restores it, and this again.");
    }

    // The project file writes them into the assembly.
    private static string Folder(string package) => typeof(ProjectPackages).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == package).Value!;
}

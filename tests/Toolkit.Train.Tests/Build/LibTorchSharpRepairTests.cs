using System.Reflection;
using System.Text;
using Toolkit.Train.Build;
using TorchSharp;

namespace Toolkit.Train.Tests.Build;

public class LibTorchSharpRepairTests
{
    private const string Library = "libLibTorchSharp.so";

    [Fact]
    public void Torch_loads_and_computes_in_this_process()
    {
        using var scope = torch.NewDisposeScope();
        torch.tensor([1f, 2f, 3f]).sum().item<float>().ShouldBe(6f);
    }

    [Fact]
    public void Apply_renames_one_symbol_and_weakens_one_requirement_and_touches_nothing_else()
    {
        var package = File.ReadAllBytes(PackageFile());
        var repaired = package.ToArray();
        LibTorchSharpRepair.Apply(repaired).ShouldBeTrue();

        // 4 bytes of st_name, 2 of the version index, 2 of vna_flags at the most.
        var changed = Enumerable.Range(0, package.Length).Where(i => package[i] != repaired[i]).ToArray();
        changed.Length.ShouldBeInRange(3, 8);
        Encoding.ASCII.GetString(repaired).ShouldContain(
            "_ZSt21ios_base_library_initv", Case.Sensitive, "the string table keeps its layout");
        LibTorchSharpRepair.Apply(repaired).ShouldBeFalse("a repaired library needs nothing more");
    }

    [Fact]
    public void The_output_folder_holds_the_repaired_copy_exactly_where_this_system_needs_it()
    {
        var package = File.ReadAllBytes(PackageFile());
        var expected = package.ToArray();
        if (LibTorchSharpRepair.IsNeeded(
            ["/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib64/libstdc++.so.6", "/usr/lib/libstdc++.so.6"]))
        {
            LibTorchSharpRepair.Apply(expected).ShouldBeTrue(
                "the package cache must hold the original, never a repaired file");
        }

        var output = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Library));
        output.AsSpan().SequenceEqual(expected).ShouldBeTrue();
    }

    [Fact]
    public void IsNeeded_is_false_where_any_library_knows_the_version_or_none_is_found()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["old.so"], "GLIBCXX_3.4.30\0GLIBCXX_3.4.3\0");
        File.WriteAllText(folder["new.so"], "GLIBCXX_3.4.30\0GGLIBCXX_3.4.32\0");
        LibTorchSharpRepair.IsNeeded([folder["absent.so"]]).ShouldBeFalse();
        LibTorchSharpRepair.IsNeeded([folder["old.so"]]).ShouldBeTrue();
        LibTorchSharpRepair.IsNeeded([folder["old.so"], folder["new.so"]]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(100_000)]
    [InlineData(2_000_000)]
    public void Apply_refuses_a_truncated_library(int length)
    {
        var bytes = File.ReadAllBytes(PackageFile())[..length];
        Should.Throw<InvalidDataException>(() => LibTorchSharpRepair.Apply(bytes)).Message.ShouldStartWith(Library);
    }

    private static string PackageFile()
    {
        var root = typeof(LibTorchSharpRepairTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "NuGetPackageRoot").Value!;
        var version = typeof(torch).Assembly.GetName().Version!.ToString(3);
        var path = Path.Combine(root, "torchsharp", version, "runtimes", "linux-x64", "native", Library);
        Assert.SkipUnless(File.Exists(path), "The TorchSharp package of linux-x64 is not in the package cache.");
        return path;
    }
}

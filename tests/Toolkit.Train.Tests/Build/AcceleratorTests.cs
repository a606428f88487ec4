using System.Diagnostics;
using System.Text.Json;

namespace Toolkit.Train.Tests.Build;

/// <summary>
/// <c>-p:Accelerator=cuda</c> selects the GPU packages; evaluated, not restored: no registry need serve them.
/// </summary>
public sealed class AcceleratorTests
{
    [Theory]
    [InlineData("train/Toolkit.Train", "cpu", "TorchSharp-cpu", "TorchSharp-cuda-linux")]
    [InlineData("train/Toolkit.Train", "cuda", "TorchSharp-cuda-linux", "TorchSharp-cpu")]
    [InlineData("formats/Toolkit.Runtime", "cpu", "Microsoft.ML.OnnxRuntime", "Microsoft.ML.OnnxRuntime.Gpu")]
    [InlineData("formats/Toolkit.Runtime", "cuda", "Microsoft.ML.OnnxRuntime.Gpu", "Microsoft.ML.OnnxRuntime")]
    public void Accelerator_selects_the_packages(string project, string accelerator, string chosen, string other)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", ["msbuild", Path.Combine(
                SharedData.RepositoryRoot, project), "-getItem:PackageReference", $"-p:Accelerator={accelerator}"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        using var json = JsonDocument.Parse(output);
        var packages = json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()).ToList();
        packages.ShouldContain(chosen);
        packages.ShouldNotContain(other);
    }
}

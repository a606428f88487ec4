// The main job, end to end: dotnet run models/experiments/s4.cs [OUT]
//
// Builds the two programs, trains a one-layer MLP to compose the permutations of S4 until it generalises, exports it to
// ONNX, proves the export, captures every value over all 576 pairs, analyses the capture, and writes a report.

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));
var folder = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine(root, "runs", "s4"));
var config = Path.Combine(root, "models", "experiments", "s4.json");
var model = Path.Combine(folder, "model.onnx");
var run = Path.Combine(folder, "S4_MLP_seed1");
var report = Path.Combine(folder, "report.html");
var clock = Stopwatch.StartNew();

Step("Building train and inspect");
Build("train/Toolkit.Train");
Build("inspect/Toolkit.Inspect");

Step("Training S4");
string[] resume = Directory.Exists(folder) ? ["--resume"] : [];
using var training = Result("train", ["run", config, "--out", folder, "--json", .. resume]);

Step("Capturing every value over all pairs");
string[] resumeCapture = Directory.Exists(run) ? ["--resume"] : [];
Quietly("inspect", ["capture", model, "--inputs", "group:S4", "--out", run, .. resumeCapture]);

Step("Analysing");
Quietly("inspect", "notebook", run);
using var group = Result(
    "inspect", ["group", model, "--config", Path.Combine(folder, "config.json"), "--out", run, "--json"]);
Quietly("inspect", "report", run, "--out", report);

var keys = group.RootElement;
Console.WriteLine($"""

    test accuracy           {keys.GetProperty("test_acc").GetDouble():P2}
    test loss               {keys.GetProperty("test_loss").GetDouble():0.00e+00}
    logits explained        {keys.GetProperty("percent_logits_explained").GetDouble():P1} by tr(ρ(x)ρ(y)ρ(z⁻¹)) over the irreps
    embeddings explained    {keys.GetProperty("percent_x_embed_explained").GetDouble():P1} by the key irreps
    ONNX against training   {training.RootElement.GetProperty("export_max_abs_difference").GetDouble():0.0e+00} at most

    report                  {report}
    look around             dotnet {Program("inspect")} view {run}
    took                    {clock.Elapsed.TotalSeconds:0} s
    """);
return 0;

static string ThisFile([CallerFilePath] string path = "") => path;

void Step(string what) => Console.Error.WriteLine($"[{clock.Elapsed.TotalSeconds,4:0} s] {what}");

string Program(string name) => Path.Combine(
    root, name, name == "train" ? "Toolkit.Train" : "Toolkit.Inspect", "bin", "Release", "net10.0", $"{name}.dll");

// The build's output goes straight through: its compiler server may outlive it and would hold a pipe open. Analyzers,
// three quarters of a build's time, are for those who change the code: the tests' build runs them.
void Build(string project) => Start(
    "dotnet",
    keepOutput: false,
    "msbuild",
    Path.Combine(root, project),
    "-restore",
    "-p:Configuration=Release",
    "-p:RunAnalyzers=false",
    "-v:quiet",
    "-nologo");

void Quietly(string name, params string[] arguments) =>
    Start("dotnet", keepOutput: true, [Program(name), .. arguments]);

JsonDocument Result(string name, string[] arguments) =>
    JsonDocument.Parse(Start("dotnet", keepOutput: true, [Program(name), .. arguments]));

// Runs a program, lets its log through, returns its result; ends this one with the same exit code where it fails.
string Start(string file, bool keepOutput, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = keepOutput })!;
    var output = keepOutput ? process.StandardOutput.ReadToEnd() : string.Empty;
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        Console.Error.WriteLine(
            $"{output}{file} {string.Join(' ', arguments)} ended with exit code {process.ExitCode}.");
        Environment.Exit(process.ExitCode);
    }

    return output;
}

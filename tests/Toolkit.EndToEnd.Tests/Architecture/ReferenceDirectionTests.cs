using System.Xml.Linq;

namespace Toolkit.EndToEnd.Tests.Architecture;

/// <summary>
/// The way of the data is one-way: the rules of the README's layout, read from the project files and the packages they
/// pull in.
/// </summary>
public sealed class ReferenceDirectionTests
{
    private static readonly string[] Rooms = ["formats", "models", "train", "inspect"];

    private static readonly IReadOnlyList<Project> Projects =
        [.. Rooms.SelectMany(room => Directory.EnumerateFiles(
            Path.Combine(SharedData.RepositoryRoot, room),
            "*.csproj",
            SearchOption.AllDirectories).Select(Project.Read))];

    [Fact]
    public void Formats_references_nothing_of_ours_outside_itself() =>
        Offenders("formats", project => project.ReferencedRooms.Any(room => room != "formats")).ShouldBeEmpty();

    [Fact]
    public void Models_references_only_formats() =>
        Offenders("models", project => project.ReferencedRooms.Any(room => room is not ("formats" or "models")))
            .ShouldBeEmpty();

    [Fact]
    public void Train_and_inspect_never_reference_each_other()
    {
        Offenders("train", project => project.ReferencedRooms.Contains("inspect")).ShouldBeEmpty();
        Offenders("inspect", project => project.ReferencedRooms.Contains("train")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("TorchSharp", "Toolkit.Train", "Toolkit.Analysis")]
    [InlineData("OnnxRuntime", "Toolkit.Runtime")]
    [InlineData("DuckDB", "Toolkit.Query")]
    [InlineData("ScottPlot", "Toolkit.Charts")]
    [InlineData("Plotly", "Toolkit.Viewer")]
    [InlineData("Parquet.Net", "Toolkit.Formats")]
    public void A_heavy_dependency_has_one_door(string package, params string[] doors) =>
        Projects.Where(project => project.Packages.Any(name => name.Contains(package, StringComparison.Ordinal)))
            .Select(project => project.Name)
            .ShouldBe(doors, ignoreOrder: true);

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "Toolkit.sln"));
        Projects.Where(project => !solution.Contains($"\"{project.Name}\"", StringComparison.Ordinal))
            .Select(project => project.Name)
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_compiled_assemblies_keep_to_the_doors()
    {
        // A project file can be clean while code uses what comes transitively: ask the metadata what is really used.
        var doors = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["TorchSharp"] = ["train", "Toolkit.Analysis"],
            ["Microsoft.ML.OnnxRuntime"] = ["Toolkit.Runtime"],
        };
        var offenders =
            from path in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            let name = Path.GetFileNameWithoutExtension(path)
            where name is "train" or "inspect" || (name.StartsWith("Toolkit.", StringComparison.Ordinal)
                && !name.EndsWith(".Tests", StringComparison.Ordinal))
            from reference in System.Reflection.Assembly.LoadFrom(path).GetReferencedAssemblies()
            where doors.TryGetValue(reference.Name!, out var allowed) && !allowed.Contains(name)
            select $"{name} uses {reference.Name}";
        offenders.ShouldBeEmpty();
    }

    private static IEnumerable<string> Offenders(string room, Func<Project, bool> isOffender) =>
        Projects.Where(project => project.Room == room && isOffender(project)).Select(project => project.Name);

    private sealed record Project(
        string Name, string Room, IReadOnlyList<string> Packages, IReadOnlyList<string> ReferencedRooms)
    {
        public static Project Read(string path)
        {
            var xml = XDocument.Load(path);
            var folder = Path.GetDirectoryName(path)!;
            string Room(string file) =>
                Path.GetRelativePath(SharedData.RepositoryRoot, file).Split(Path.DirectorySeparatorChar)[0];

            return new Project(
                Path.GetFileNameWithoutExtension(path),
                Room(path),
                [.. Includes("PackageReference").Select(name => name switch
                {
                    "$(TorchPackage)" => "TorchSharp",
                    "$(OnnxRuntimePackage)" => "Microsoft.ML.OnnxRuntime",
                    _ => name,
                })],
                [.. Includes("ProjectReference").Select(reference => Room(Path.GetFullPath(reference, folder)))]);

            IEnumerable<string> Includes(string item) =>
                xml.Descendants(item).Select(element => element.Attribute("Include")!.Value);
        }
    }
}

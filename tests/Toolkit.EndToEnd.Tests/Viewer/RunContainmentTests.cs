using Toolkit.Formats;
using Toolkit.Viewer.Runs;

namespace Toolkit.EndToEnd.Tests.Viewer;

public sealed class RunContainmentTests
{
    [Theory]
    [InlineData("results/table.parquet", "../../secret.parquet")]
    [InlineData("results/table.parquet", "/etc/passwd")]
    [InlineData("results/folder", "../..")]
    [InlineData("results/folder", "/etc")]
    [InlineData("results/circle", "circle")]
    [InlineData("results/nowhere", "../../nowhere")]
    public void Link_that_leads_out_of_the_run_is_refused(string link, string target)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run", "results"]);
        File.WriteAllText(folder["secret.parquet"], "the secret");
        File.CreateSymbolicLink(folder["run", link], target);
        Should.Throw<BadInputException>(() => RunContainment.Check(folder["run"])).Message.ShouldContain(
            $"'{link}' is a link to");
    }

    [Fact]
    public void Link_that_stays_inside_is_followed_and_loops_end()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run", "results", "deep"]);
        File.WriteAllText(folder["run", "results", "table.parquet"], "PAR1");
        File.CreateSymbolicLink(folder["run", "again.parquet"], "results/table.parquet");
        Directory.CreateSymbolicLink(folder["run", "results", "deep", "up"], "..");
        Should.NotThrow(() => RunContainment.Check(folder["run"]));
    }

    [Fact]
    public void Run_may_itself_be_given_through_a_link()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["real", "shards"]);
        Directory.CreateSymbolicLink(folder["link"], folder["real"]);
        RunCatalogue.Find([folder["link"]], (_, _) => throw new NotSupportedException()).All
            .ShouldHaveSingleItem().FolderPath
            .ShouldEndWith("/real");
    }

    [Fact]
    public void Runs_of_one_name_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a", "run", "shards"]);
        Directory.CreateDirectory(folder["b", "run", "shards"]);
        var runs = RunCatalogue.Find(
            [folder["a", "run"], folder["b"], folder["a"]], (_, _) => throw new NotSupportedException());
        runs.All.Select(run => run.Id).ShouldBe(["run", "run-2"]);
    }

    [Fact]
    public void Runs_below_folders_of_training_are_found_and_those_inside_runs_are_not()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["sweep", "s4", "capture", "shards"]);
        Directory.CreateDirectory(folder["sweep", "s4", "checkpoints"]);
        Directory.CreateDirectory(folder["plain", "shards"]);
        Directory.CreateDirectory(folder["plain", "results", "inner", "shards"]);
        Directory.CreateDirectory(folder["1", "2", "3", "too deep", "shards"]);
        Directory.CreateSymbolicLink(folder["sweep", "up"], folder.FullPath);
        RunCatalogue.Find([folder.FullPath], (_, _) => throw new NotSupportedException()).All
            .Select(run => run.Id)
            .ShouldBe(["plain", "capture"]);
    }

    [Fact]
    public void Folder_without_runs_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<BadInputException>(
            () => RunCatalogue.Find([folder.FullPath], (_, _) => throw new NotSupportedException()))
            .Message.ShouldContain("neither a run directory nor a folder of run directories");
    }
}

using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Query.Tests;

/// <summary>What a query must not do, and names that must not confuse it.</summary>
public sealed class ConfinementTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd.csv'")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_blob('{run}/plan.json')")]
    [InlineData("SELECT * FROM read_parquet('{outside}/secret.parquet')")]
    [InlineData("SELECT * FROM read_parquet('{run}/../secret.parquet')")]
    [InlineData("SELECT * FROM glob('/etc/*')")]
    [InlineData("SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')")]
    [InlineData("SELECT * FROM read_parquet('https://example.org/x.parquet')")]
    public async Task Files_outside_the_run_cannot_be_read(string sql)
    {
        using var folder = new TemporaryFolder();
        ParquetTable.Write(folder["secret.parquet"], new Table(TableColumn.Create("secret", [1])));
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        var bad = await Should.ThrowAsync<BadInputException>(
            () => database.QueryAsync(Fill(sql, folder), Cancellation));

        bad.Message.ShouldStartWith("The query reaches outside the run, which is not allowed:");
    }

    [Theory]
    [InlineData("COPY (SELECT 1) TO '{run}/tensors.parquet' (FORMAT parquet)")]
    [InlineData("COPY (SELECT 1) TO '{outside}/new.csv'")]
    [InlineData("EXPORT DATABASE '{outside}/copy'")]
    [InlineData("ATTACH '{outside}/new.db'")]
    [InlineData("CREATE TABLE t AS SELECT 1")]
    [InlineData("CREATE OR REPLACE VIEW samples AS SELECT 1")]
    [InlineData("DROP VIEW samples")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("RESET allowed_paths")]
    [InlineData("PRAGMA enable_external_access = true")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD '{outside}/evil.duckdb_extension'")]
    [InlineData("EXPLAIN ANALYZE COPY (SELECT 1) TO '{outside}/new.csv'")]
    [InlineData("CALL pragma_version()")]
    [InlineData("CHECKPOINT")]
    [InlineData("BEGIN TRANSACTION")]
    public async Task Whatever_is_no_SELECT_is_refused_and_changes_nothing(string sql)
    {
        using var folder = new TemporaryFolder();
        var run = SomeRun.Write(folder["run"]);
        var before = Fingerprint(folder.FullPath);
        using (var database = RunDatabase.Open(run))
        {
            await Should.ThrowAsync<BadInputException>(() => database.QueryAsync(Fill(sql, folder), Cancellation));
            (await database.QueryAsync("SELECT count(*) AS n FROM samples", Cancellation)).Table["n"]
                .ValueAt(0)
                .ShouldBe(4L);
        }

        Fingerprint(folder.FullPath).ShouldBe(before);
    }

    [Theory]
    [InlineData("SELECT 1; DROP VIEW samples")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT 1) AS x; COPY (SELECT 1) TO '/tmp/x.csv'; SELECT (1")]
    public async Task Several_statements_are_refused(string sql)
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        await Should.ThrowAsync<BadInputException>(() => database.QueryAsync(sql, Cancellation));
        (await database.QueryAsync("SELECT count(*) AS n FROM samples;", Cancellation)).Table["n"].ValueAt(0).ShouldBe(
            4L);
    }

    [Theory]
    [InlineData("it's \"quoted\"; DROP VIEW samples; --")]
    [InlineData("seed=1")]
    [InlineData("täst 日本 $HOME `x`")]
    public async Task A_run_folder_may_have_any_name(string name)
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder[name, "run"]));

        var samples = (await database.QueryAsync("SELECT * FROM samples", Cancellation)).Table;

        samples.Columns.Select(column => column.Name).ShouldBe(["sample_id", "a", "b", "split"]);
    }

    [Theory]
    [InlineData("run[1]")]
    [InlineData("run*")]
    [InlineData("run?")]
    public void A_folder_name_that_DuckDB_takes_for_a_pattern_is_refused_with_advice(string name)
    {
        using var folder = new TemporaryFolder();

        Should.Throw<BadInputException>(() => RunDatabase.Open(SomeRun.Write(folder[name]))).Message
            .ShouldContain("DuckDB takes the characters * ? [ ] { } in a path for a pattern");
    }

    [Theory]
    [InlineData("'; DROP VIEW samples; --")]
    [InlineData("\" UNION SELECT 1")]
    [InlineData("/model/layer.0/attn/MatMul_output_0")]
    [InlineData("a\nb\tc")]
    [InlineData("../../etc/passwd")]
    public async Task A_value_may_have_any_name(string name)
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"], name));

        var result = await database.QueryAsync(
            "SELECT DISTINCT tensor FROM activations WHERE tensor_id = 1", Cancellation);

        result.Table.Values<string?>("tensor").ToArray().ShouldBe([name]);
    }

    [Fact]
    public async Task A_result_may_have_any_name()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Write(folder["run"]);
        ParquetTable.Write(
            folder["run", "results", "odd \"name\"; --.parquet"], new Table(TableColumn.Create("x", [7])));
        using var database = RunDatabase.Open(folder["run"]);

        var view = database.Views.Single(v => v.Name.Contains("odd"));

        view.Name.ShouldBe("\"results_odd \"\"name\"\"; --\"");
        (await database.QueryAsync($"SELECT x FROM {view.Name}", Cancellation)).Table["x"].ValueAt(0).ShouldBe(7L);
    }

    [Fact]
    public void A_link_out_of_the_run_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Write(folder["run"]);
        ParquetTable.Write(folder["secret.parquet"], new Table(TableColumn.Create("secret", [1])));
        File.CreateSymbolicLink(folder["run", "results", "secret.parquet"], folder["secret.parquet"]);
        using var database = RunDatabase.Open(folder["run"]);

        database.Views.ShouldNotContain(view => view.Name.Contains("secret"));
    }

    private static string Fill(string sql, TemporaryFolder folder) =>
        sql.Replace("{run}", folder["run"]).Replace("{outside}", folder.FullPath);

    private static string[] Fingerprint(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path =>
                $"{path} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"),
    ];
}

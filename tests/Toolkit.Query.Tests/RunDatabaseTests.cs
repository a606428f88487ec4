using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Query.Tests;

public sealed class RunDatabaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Views_name_everything_that_the_run_holds()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        database.Views
            .Select(view => view.Name)
            .ShouldBe(["tensors", "samples", "stats", "channels", "activations", "results_low_rank"]);
        var result = await database.QueryAsync("SELECT loss FROM results_low_rank WHERE rank = 1", Cancellation);
        result.Table.Values<double?>("loss").ToArray().ShouldBe([0.1]);
        result.IsTruncated.ShouldBeFalse();
    }

    [Fact]
    public async Task Activations_join_samples_and_keep_the_values_of_every_type()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        var result = await database.QueryAsync(
            "SELECT s.b, h.values AS hidden, h.values[3] AS last, a.values[1]::BIGINT AS a FROM samples s "
            + "JOIN activations h ON h.sample_id = s.sample_id AND h.tensor = 'hidden' "
            + "JOIN activations a ON a.sample_id = s.sample_id AND a.tensor = 'a' WHERE s.split = 'test' ORDER BY "
            + "s.sample_id",
            Cancellation);

        result.Table.Values<long?>("b").ToArray().ShouldBe([1, 1]);
        result.Table.Values<double[]?>("hidden").ToArray().ShouldBe([[3, 4, 5], [9, 10, double.NaN]]);
        result.Table.Values<double?>("last").ToArray().ShouldBe([5, double.NaN]);
        result.Table.Values<long?>("a").ToArray().ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Fixed_arrays_and_their_functions_work_on_captured_values()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        var result = await database.QueryAsync(
            "SELECT array_inner_product(values::FLOAT[3], [1, 0, 0]::FLOAT[3]) AS first FROM activations WHERE "
                + "tensor = 'hidden' AND sample_id < 3 ORDER BY sample_id",
            Cancellation);

        result.Table.Values<float?>("first").ToArray().ShouldBe([0, 3, 6]);
    }

    [Fact]
    public async Task A_result_over_the_limit_is_cut_and_says_so()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]), new QueryLimits { MaximumRows = 3 });

        var cut = await database.QueryAsync("SELECT * FROM range(1000000000)", Cancellation);
        var whole = await database.QueryAsync("SELECT * FROM range(3)", Cancellation);

        (cut.Table.RowCount, cut.IsTruncated).ShouldBe((3, true));
        (whole.Table.RowCount, whole.IsTruncated).ShouldBe((3, false));
    }

    [Fact]
    public async Task A_query_that_takes_too_long_is_stopped_and_the_next_one_runs()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(
            SomeRun.Write(folder["run"]), new QueryLimits { Timeout = TimeSpan.FromMilliseconds(300) });

        var bad = await Should.ThrowAsync<BadInputException>(() =>
            database.QueryAsync(
                "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE hash(a.range) = b.range",
                Cancellation));

        bad.Message.ShouldBe(
            "The query took longer than 0.3 s and was stopped. Ask for less, or raise the limit (--timeout).");
        (await database.QueryAsync("SELECT 1 AS one", Cancellation)).Table.RowCount.ShouldBe(1);
    }

    [Fact]
    public async Task Cancelling_stops_a_query()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(() =>
            database.QueryAsync("SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1", stop.Token));
    }

    [Fact]
    public async Task A_query_that_needs_too_much_memory_fails_without_writing_to_disk()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]), new QueryLimits { MemoryMebibytes = 64 });

        var bad = await Should.ThrowAsync<BadInputException>(() =>
            database.QueryAsync(
                "SELECT count(*) FROM (SELECT range, count(*) FROM range(50000000) GROUP BY range ORDER BY hash(range))",
                Cancellation));

        bad.Message.ShouldContain("Out of Memory");
    }

    [Theory]
    [InlineData(
        "SELECT nothing FROM samples", "Line 1, column 8 of the query: Referenced column \"nothing\" not found")]
    [InlineData("SELECT * FROM nowhere", "Line 1, column 15 of the query: Table with name nowhere does not exist!")]
    [InlineData(
        "SELEC 1",
        "Line 1, column 1 of the query: syntax error at or near \"SELEC\". One SELECT statement in DuckDB's SQL was "
            + "expected.")]
    [InlineData("", "The query is empty; one SELECT statement was expected.")]
    [InlineData("-- nothing", "The query is empty; one SELECT statement was expected.")]
    [InlineData("attach ':memory:' AS x", "The query is an ATTACH statement; runs are read only, one SELECT")]
    [InlineData("SET threads = 1", "The query is a SET statement; runs are read only, one SELECT statement was")]
    [InlineData("SELECT CAST('x' AS INTEGER)", "Line 1, column 8 of the query: Could not convert string 'x' to INT32")]
    public async Task A_wrong_query_says_what_is_wrong(string sql, string message)
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        (await Should.ThrowAsync<BadInputException>(
            () => database.QueryAsync(sql, Cancellation))).Message.ShouldStartWith(
            message);
    }

    [Fact]
    public async Task Columns_of_every_kind_become_columns_of_ours()
    {
        using var folder = new TemporaryFolder();
        using var database = RunDatabase.Open(SomeRun.Write(folder["run"]));

        var table = (await database.QueryAsync(
            "SELECT 1::UTINYINT AS i, sum(2::BIGINT) AS h, 1.5 AS d, 2.5::FLOAT AS f, true AS b, NULL AS n, 'x' AS "
                + "t, [1, 2] AS l, {'k': 1} AS s, "
            + "DATE '2020-01-02' AS day, 1 AS i, 170141183460469231731687303715884105727::HUGEINT AS huge, ['p', "
            + "NULL] AS texts, '\\xAA'::BLOB AS blob",
            Cancellation)).Table;

        table.ShouldSatisfyAllConditions(
            t => t["i"].ValueAt(0).ShouldBe(1L),
            t => t["h"].ValueAt(0).ShouldBe(2L),
            t => t["d"].ValueAt(0).ShouldBe(1.5),
            t => t["f"].ValueAt(0).ShouldBe(2.5f),
            t => t["b"].ValueAt(0).ShouldBe(true),
            t => t["n"].ValueAt(0).ShouldBeNull(),
            t => t["t"].ValueAt(0).ShouldBe("x"),
            t => t["l"].ValueAt(0).ShouldBe(new double[] { 1, 2 }),
            t => t["s"].ValueAt(0).ShouldBe("{k: 1}"),
            t => ((string)t["day"].ValueAt(0)!).ShouldStartWith("2020-01-02"),
            t => t["i_1"].ValueAt(0).ShouldBe(1L),
            t => t["huge"].ValueAt(0).ShouldBe("170141183460469231731687303715884105727"),
            t => t["texts"].ValueAt(0).ShouldBe("[p, NULL]"),
            t => t["blob"].ValueAt(0).ShouldBe("aa"));
    }

    [Fact]
    public async Task Files_that_the_manifest_names_and_that_are_absent_are_said()
    {
        using var folder = new TemporaryFolder();
        var run = SomeRun.Write(folder["run"]);
        using (var whole = RunDatabase.Open(run))
        {
            whole.Absence.ShouldBeNull();
        }

        File.Delete(folder["run", "activations", "tensor=1", "part-0-0.parquet"]);
        using var database = RunDatabase.Open(run);

        database.Absence.ShouldBe(
            $"{run}: files that its manifest names are absent, and so are their rows: "
                + "'activations/tensor=1/part-0-0.parquet'. Check the run with `inspect verify`.");
        var result = await database.QueryAsync("SELECT count(*) AS n FROM activations", Cancellation);
        result.Table["n"].ValueAt(0).ShouldBe(4L);
        result.Absence.ShouldBe(database.Absence);
    }

    [Fact]
    public async Task Files_that_the_manifest_does_not_name_are_not_counted()
    {
        using var folder = new TemporaryFolder();
        var run = SomeRun.Write(folder["run"]);
        const string query = "SELECT (SELECT count(*) FROM activations), (SELECT count(*) FROM samples)";
        var before = await Counts();
        File.Copy(
            folder["run", "activations", "tensor=1", "part-0-0.parquet"],
            folder["run", "activations", "tensor=1", "part-0-9.parquet"]);
        File.Copy(folder["run", "samples", "part-0-0.parquet"], folder["run", "samples", "part-0-9.parquet"]);

        (await Counts()).ShouldBe(before);

        async Task<(object?, object?)> Counts()
        {
            using var database = RunDatabase.Open(run);
            var table = (await database.QueryAsync(query, Cancellation)).Table;
            return (table.Columns[0].ValueAt(0), table.Columns[1].ValueAt(0));
        }
    }

    [Fact]
    public async Task A_folder_of_training_output_shows_its_tables()
    {
        using var folder = new TemporaryFolder();
        ParquetTable.Write(folder["metrics.parquet"], new Table(TableColumn.Create("epoch", [0, 1])));
        using var database = RunDatabase.Open(folder.FullPath);

        (await database.QueryAsync("SELECT max(epoch) AS last FROM metrics", Cancellation)).Table["last"]
            .ValueAt(0)
            .ShouldBe(1L);
    }

    [Fact]
    public void A_folder_without_a_run_says_how_to_make_one()
    {
        using var folder = new TemporaryFolder();

        Should.Throw<BadInputException>(() => RunDatabase.Open(folder.FullPath)).Message
            .ShouldBe($"{folder.FullPath}: there is no Parquet file in it. A run is made by `inspect capture`.");
        Should.Throw<BadInputException>(() => RunDatabase.Open(folder["nowhere"])).Message
            .ShouldBe($"{folder["nowhere"]}: there is no such folder. A run is made by `inspect capture`.");
    }

    [Fact]
    public void A_result_that_is_no_Parquet_file_is_named()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Write(folder["run"]);
        File.WriteAllText(folder["run", "results", "bad.parquet"], "nonsense");

        Should.Throw<BadInputException>(() => RunDatabase.Open(folder["run"])).Message.ShouldContain("bad.parquet");
    }
}

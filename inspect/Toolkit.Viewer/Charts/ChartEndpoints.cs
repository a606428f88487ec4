using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Toolkit.Analysis.Charts;
using Toolkit.Charts;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Query;
using Toolkit.Viewer.Queries;

namespace Toolkit.Viewer.Charts;

/// <summary>
/// <c>/chart/{name}.{format}?run=…</c>: the chart for the page's script (<c>bin</c>), as a picture (<c>png</c>, <c>svg</c>), or the
/// plotted data (<c>csv</c>, <c>parquet</c>); <c>view</c> says which part.
/// <c>/query.{format}?run=…&amp;sql=…</c>: a query's result. Failures are one sentence of plain text.
/// </summary>
internal static class ChartEndpoints
{
    private const string CsvType = "text/csv; charset=utf-8";
    // Choices that files downloaded one after the other differ by.
    private static readonly string[] Numbered = ["feature", "first", "sample"];

    private const string ParquetType = "application/vnd.apache.parquet";

    /// <summary>Adds the endpoints to a server.</summary>
    public static void Map(WebApplication application)
    {
        var payload = new ChartPayload();
        application.MapMethods("/chart/{name}.{format}", ["GET"], (HttpContext context, string name, string format) =>
            Answer(context, name, format, payload));
        application.MapMethods("/query.{format}", ["GET"], (HttpContext context, string format) => Guarded(context, "query", async () =>
        {
            var query = context.Request.Query;
            var result = await context.RequestServices.GetRequiredService<QueryDesk>().AskAsync(query["run"].ToString(), query["sql"].ToString(), context.RequestAborted);
            var (type, content) = format switch
            {
                "csv" => (CsvType, Csv(result.Table)),
                "parquet" => (ParquetType, await Parquet(result.Table)),
                _ => throw new BadInputException($"Results are not written as '{format}'. Formats: csv, parquet."),
            };
            await Send(context, type, content, $"{FileName(result)}.{format}");
        }));
    }

    private static Task Answer(HttpContext context, string name, string format, ChartPayload payload) => Guarded(context, name, async () =>
    {
        var chart = await context.RequestServices.GetRequiredService<ChartDesk>().DrawAsync(name, context.Request.Query, context.RequestAborted);
        var (type, content) = format switch
        {
            "bin" => ("application/octet-stream", payload.Write(chart)),
            "csv" => (CsvType, Csv(Data(chart, context))),
            "parquet" => (ParquetType, await Parquet(Data(chart, context))),
            "png" => ("image/png", ChartRenderer.Png(Shown(chart, context), new RenderOptions { Scale = 2 })),
            "svg" => ("image/svg+xml", Encoding.UTF8.GetBytes(ChartRenderer.Svg(Shown(chart, context)))),
            _ => throw new BadInputException($"Charts are not written as '{format}'. Formats: bin, png, svg, csv, parquet."),
        };
        await Send(context, type, content, format == "bin" ? null : $"{FileName(chart, name, context.Request.Query)}.{format}");
    });

    private static ChartSpec Shown(ChartSpec chart, HttpContext context) => ZoomOf(context)?.Apply(chart) ?? chart;

    private static Table Data(ChartSpec chart, HttpContext context) =>
        ChartTable.From(chart, ZoomOf(context)?.Holds(chart));

    private static ChartZoom? ZoomOf(HttpContext context) =>
        context.Request.Query[ChartDesk.View].ToString() is { Length: > 0 } view ? ChartZoom.Parse(view) : null;

    private static async Task Send(HttpContext context, string type, byte[] content, string? fileName)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (fileName is not null)
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        }

        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private static async Task Guarded(HttpContext context, string name, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The page has moved on.
        }
        catch (BadInputException bad)
        {
            await Fail(context, StatusCodes.Status422UnprocessableEntity, bad.Message);
        }
#pragma warning disable CA1031 // One broken chart must not take the page with it: it is answered with the reason, and logged.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("charts").LogError(failure, "{Chart} could not be drawn", name);
            await Fail(context, StatusCodes.Status500InternalServerError, $"This chart could not be drawn: {failure.GetBaseException().Message}");
        }
    }

    private static Task Fail(HttpContext context, int status, string reason)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        Safety.SecurityHeaders.Set(context.Response.Headers);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason);
    }

    private static byte[] Csv(Table table)
    {
        using var text = new StringWriter();
        CsvTable.Write(text, table);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static async Task<byte[]> Parquet(Table table)
    {
        using var buffer = new MemoryStream();
        await ParquetTable.WriteAsync(buffer, table);
        return buffer.ToArray();
    }

    // A table has no room for a warning; its name goes where it goes.
    private static string FileName(QueryResult result) => "query"
        + (result.IsTruncated ? $"_first-{result.Table.RowCount}-rows" : string.Empty)
        + (result.Absence is null ? string.Empty : "_files-absent");

    // Names come from the run: only letters, digits, '-', '_' and '.' reach the header and the reader's disk.
    private static string FileName(ChartSpec chart, string name, IQueryCollection query)
    {
        string?[] parts =
        [
            chart.Provenance?.Run, name, chart.Provenance?.Tensor,
            .. Numbered.Where(query.ContainsKey).Select(choice => $"{choice}-{query[choice]}"),
        ];
        var text = string.Join('_', parts.Where(part => !string.IsNullOrEmpty(part)));
        var safe = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).Trim('.');
        return safe.Length > 120 ? safe[..120] : safe;
    }
}

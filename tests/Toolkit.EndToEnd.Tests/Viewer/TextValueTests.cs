using Microsoft.Playwright;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>A captured value of texts is shown: the first of them with their samples, and how often each occurs.</summary>
public sealed class TextValueTests(Browser browser)
{
    private const string Hostile = "<img src=x onerror=window.hacked=4><b>bold</b>";

    [Fact]
    public async Task Texts_are_listed_and_counted_and_stay_text()
    {
        using var folder = new TemporaryFolder();
        string[] texts = ["cat", "dog", "cat", Hostile, "", "cat"];
        Write(folder["texts"], texts);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["texts"]], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=texts&tensor=label").ToString());
        var counts = page.Page.Locator("table[data-counts] tbody tr");
        await Assertions.Expect(counts).ToHaveCountAsync(4);
        (await counts.First.Locator("td").AllInnerTextsAsync()).ShouldBe(["cat", "3", "50 %"]);
        var first = page.Page.Locator("table[data-first] tbody tr");
        await Assertions.Expect(first).ToHaveCountAsync(texts.Length);
        (await first.Nth(3).Locator("td").AllInnerTextsAsync()).ShouldBe(["3", "0", Hostile]);
        (await page.Page.EvaluateAsync<bool>(
            "() => 'hacked' in window || document.querySelector('main table img, main table b') !== null")).ShouldBeFalse();
        await page.Screenshot("texts");
        page.Complaints.ShouldBeEmpty();
    }

    private static void Write(string folder, string[] texts)
    {
        var entry = new TensorEntry
        {
            Id = 0, Name = "label", OriginalType = "string", StoredType = "string", Dims = "batch, 1",
            SampleShape = [1], BatchAxis = 0, FeatureAxis = 1,
        };
        using var run = RunWriter.Open(
            folder, new RunPlan { Samples = texts.Length, Batch = texts.Length, SegmentSamples = texts.Length, Tensors = [entry] });
        foreach (var (index, first, samples) in run.Remaining())
        {
            using var segment = run.Begin(index, first, samples);
            for (var sample = 0; sample < texts.Length; sample++)
            {
                segment.Activations(entry).AppendText(sample, 0, texts.AsSpan(sample, 1), []);
            }

            long[] ids = [.. Enumerable.Range(0, texts.Length).Select(i => (long)i)];
            segment.Complete(new Table(TableColumn.Create("sample_id", ids)));
        }

        run.Complete(TimeProvider.System);
    }
}

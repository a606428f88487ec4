using Toolkit.Analysis.Charts.Runs;
using Toolkit.Viewer.Runs;

namespace Toolkit.EndToEnd.Tests.Viewer;

public sealed class ShelvedRunDataTests
{
    [Fact]
    public async Task One_channel_brings_its_neighbours_so_that_a_slider_reads_once()
    {
        var run = new FakeRun("one");
        var shelved = new ShelvedRunData(run, "one", new ChannelShelf());
        foreach (var feature in new[] { 41, 42, 79, 40, 41 })
        {
            var channel = await shelved.ChannelsAsync("hidden", [feature], CancellationToken.None);
            channel[0, 7].ShouldBe((feature * 1000) + 7);
        }

        run.Reads.ShouldBe(1);
        (await shelved.ChannelsAsync("hidden", [78, 40], CancellationToken.None))[1, 3].ShouldBe(40_003);
        run.Reads.ShouldBe(1);
        (await shelved.ChannelsAsync("hidden", [127], CancellationToken.None))[0, 0].ShouldBe(127_000);
        run.Reads.ShouldBe(2);
    }

    [Fact]
    public async Task Charts_that_want_one_channel_at_once_read_it_once()
    {
        var run = new FakeRun("one");
        var shelved = new ShelvedRunData(run, "one", new ChannelShelf());
        await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(_ => Task.Run(() => shelved.ChannelsAsync("hidden", [5], CancellationToken.None))));
        run.Reads.ShouldBe(1);
    }

    [Fact]
    public void Every_member_is_passed_on_also_those_that_have_a_default()
    {
        var map = typeof(ShelvedRunData).GetInterfaceMap(typeof(IRunData));
        map.TargetMethods.ShouldAllBe(method => method.DeclaringType == typeof(ShelvedRunData));
    }

    [Fact]
    public void Shelf_lets_go_of_what_was_used_longest_ago()
    {
        var shelf = new ChannelShelf();
        var half = new float[ChannelShelf.MostBytes / sizeof(float) / 2];
        shelf.Put("a", half);
        shelf.Put("b", half);
        shelf.TryGet("a").ShouldNotBeNull();
        shelf.Put("c", half);
        shelf.TryGet("b").ShouldBeNull();
        shelf.TryGet("a").ShouldNotBeNull();
        shelf.TryGet("c").ShouldNotBeNull();
    }
}

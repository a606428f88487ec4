using Toolkit.Formats.Runs;
using Toolkit.Viewer.Runs;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>The tree of values by scopes, in topological order.</summary>
public sealed class ValueRowTests
{
    [Fact]
    public void Scope_that_the_graph_enters_again_continues() => Rows().ShouldBe(
    [
        ("attn", false), ("q", false), ("mlp", false), ("up", false), ("attn", true), ("k", false), ("mlp", true),
        ("down", false),
    ]);

    [Fact]
    public void Closed_scope_stands_once() => Rows("/attn").ShouldBe(
        [("attn", false), ("mlp", false), ("up", false), ("mlp", true), ("down", false)]);

    private static IEnumerable<(string Label, bool Continues)> Rows(params string[] closed) => ValueRow.Tree(
        [.. new[] { "/attn/q", "/mlp/up", "/attn/k", "/mlp/down" }.Select(name => new TensorEntry { Name = name })],
        search: null,
        onlyStored: false,
        closed.ToHashSet())
        .Select(row => (row.Label, row.Continues));
}

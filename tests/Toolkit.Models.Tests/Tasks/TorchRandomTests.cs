using System.Text.Json;
using Toolkit.Models.Tasks;

namespace Toolkit.Models.Tests.Tasks;

public sealed class TorchRandomTests
{
    /// <summary>log, cos and sin differ in the last bits between C libraries.</summary>
    private const float LibraryTolerance = 2.4e-7f;

    [Theory]
    [InlineData(1, 3600, new[] { 2245, 1358, 1042, 707, 2211, 73, 3485, 3109 })]
    [InlineData(2, 14400, new[] { 7848, 10294, 12569, 11247, 11114 })]
    [InlineData(3, 12769, new[] { 10201, 10329, 2096, 9730, 929 })]
    [InlineData(4, 518400, new[] { 459130, 364756, 446499 })]
    public void RandomPermutation_is_that_of_torch(int seed, int count, int[] first)
    {
        var order = new TorchRandom(seed).RandomPermutation(count);

        order.Take(first.Length).ShouldBe(first);
        order.Order().ShouldBe(Enumerable.Range(0, count));
    }

    [Fact]
    public void FillNormal_is_torch_randn()
    {
        var values = new float[120 * 256];
        new TorchRandom(2).FillNormal(values);

        float[] expected = [-1.0408011674880981f, 0.9166041612625122f, -1.3041903972625732f, -1.1096783876419067f];
        for (var i = 0; i < expected.Length; i++)
        {
            values[i].ShouldBe(expected[i], LibraryTolerance);
        }
    }

    [Theory]
    [InlineData(3, 0, new[] { 0.6613522f, 0.2669241f, 0.0616773f })]
    [InlineData(5, 3, new[] { 0.6213173f, -0.451906f })]
    [InlineData(16, 0, new[] { -1.5255959f, -0.7502318f, -0.6539809f, -1.6094848f })]
    [InlineData(33, 15, new[] { 0.4676355f, -0.6969724f, -0.0721318f, 0.1577706f })]
    [InlineData(40, 38, new[] { -0.0090746f, -0.8424634f })]
    public void FillNormal_knows_the_recipes_of_short_and_uneven_tensors(int count, int at, float[] torch)
    {
        var values = new float[count];
        new TorchRandom(1).FillNormal(values);

        for (var i = 0; i < torch.Length; i++)
        {
            values[at + i].ShouldBe(torch[i], 4 * LibraryTolerance);
        }
    }

    [Fact]
    public void Published_vectors_agree_to_the_last_number()
    {
        using var json = JsonDocument.Parse(
            File.ReadAllText(SharedData.Require("group-networks", "element-orders.json")));
        foreach (var vector in json.RootElement
            .GetProperty("rng")
            .EnumerateObject()
            .Where(vector => vector.Name.StartsWith("seed", StringComparison.Ordinal)))
        {
            var parts = vector.Name[4..].Split("_n");
            var order = new TorchRandom(int.Parse(parts[0])).RandomPermutation(int.Parse(parts[1]));
            order.Take(16).ShouldBe(
                vector.Value.GetProperty("first16").EnumerateArray().Select(value => value.GetInt32()));
            order.TakeLast(8).ShouldBe(
                vector.Value.GetProperty("last8").EnumerateArray().Select(value => value.GetInt32()));
        }

        var normal = json.RootElement.GetProperty("rng").GetProperty("randn_seed2_120x256");
        var values = new float[120 * 256];
        new TorchRandom(2).FillNormal(values);
        values.Sum(value => (double)value).ShouldBe(normal.GetProperty("sum").GetDouble(), 1e-3);
        var last = normal.GetProperty("last4").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        for (var i = 0; i < 4; i++)
        {
            values[values.Length - 4 + i].ShouldBe(last[i], LibraryTolerance * 4);
        }
    }
}

using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.LinearAlgebra;

public sealed class TorchThreadsTests
{
    /// <summary>
    /// Bad input stays bad input: not wrapped into an AggregateException, which the program could not explain.
    /// </summary>
    [Fact]
    public void ForEach_throws_what_a_body_throws() =>
        Should.Throw<BadInputException>(
            () => TorchThreads.ForEach(8, index => throw new BadInputException($"body {index}")))
            .Message.ShouldStartWith("body ");
}

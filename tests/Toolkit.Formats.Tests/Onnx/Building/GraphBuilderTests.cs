using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Onnx.Building;

public sealed class GraphBuilderTests
{
    [Fact]
    public void Build_writes_nodes_in_order_with_named_and_dynamic_axes()
    {
        var graph = new GraphBuilder("tiny");
        var x = graph.Input("x", ElementType.Float32, "batch", 2);
        var weights = graph.Initializer("W", HostTensor.Float32(new TensorShape(2, 3), [1, 2, 3, 4, 5, 6]));
        var product = graph.Node("MatMul", [x, weights]);
        var y = graph.Rename(graph.Node("Transpose", [product], NodeAttributes.Ints("perm", 1, 0)), "y");
        graph.Output(y, ElementType.Float32, 3, "batch");

        var model = graph.Build("test", "1");

        model.OpsetImport.Single().Version.ShouldBe(GraphBuilder.Opset);
        model.Graph.Node.Select(node => node.OpType).ShouldBe(["MatMul", "Transpose"]);
        model.Graph.Node[1].Input.ShouldBe([model.Graph.Node[0].Output[0]]);
        model.Graph.Node[1].Attribute.Single().Ints.ShouldBe([1, 0]);
        model.Graph.Initializer.Single().Dims.ShouldBe([2, 3]);
        model.Graph.Initializer.Single().RawData.Length.ShouldBe(24);
        var shape = model.Graph.Input.Single().Type.TensorType.Shape;
        shape.Dim[0].DimParam.ShouldBe("batch");
        shape.Dim[1].DimValue.ShouldBe(2);
        model.Graph.Output.Single().Name.ShouldBe("y");
    }

    [Fact]
    public void Rename_of_a_value_that_has_a_name_adds_an_Identity()
    {
        var graph = new GraphBuilder("tiny");
        var x = graph.Input("x", ElementType.Float32, "batch");
        var first = graph.Rename(graph.Node("Relu", [x]), "first");

        graph.Rename(first, "second").Name.ShouldBe("second");

        first.Name.ShouldBe("first");
        graph.Build("test", "1").Graph.Node[1].OpType.ShouldBe("Identity");
    }

    [Fact]
    public void A_name_is_given_once()
    {
        var graph = new GraphBuilder("tiny");
        var x = graph.Input("x", ElementType.Float32);
        Should.Throw<ArgumentException>(() => graph.Initializer("x", HostTensor.Float32(new TensorShape(), [1])))
            .Message.ShouldContain("The graph has a value 'x' already.");
        Should.Throw<ArgumentException>(() => graph.Rename(graph.Node("Relu", [x]), "x"));
        Should.Throw<ArgumentException>(() => graph.Input("", ElementType.Float32));
    }

    [Fact]
    public void Invented_names_step_aside_for_chosen_ones()
    {
        var graph = new GraphBuilder("tiny");
        var x = graph.Input("Relu_0", ElementType.Float32);
        graph.Node("Relu", [x]).Name.ShouldBe("Relu_1");
    }
}

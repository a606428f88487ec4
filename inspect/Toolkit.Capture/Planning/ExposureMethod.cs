namespace Toolkit.Capture.Planning;

/// <summary>How a value comes out of the graph.</summary>
public enum ExposureMethod
{
    /// <summary>It cannot: <see cref="PlannedValue.Reason"/> says why.</summary>
    None,

    /// <summary>It is an input: whoever runs the model has it.</summary>
    Input,

    /// <summary>It is a constant of the model: <c>inspect weights</c> shows it.</summary>
    Constant,

    /// <summary>It is an output of the model.</summary>
    Output,

    /// <summary>It becomes an output, by name.</summary>
    AddedOutput,

    /// <summary>
    /// It leaves a branch of an If as an extra output of both branches; absent where the branch is not taken.
    /// </summary>
    BranchOutput,

    /// <summary>It leaves the body of a Loop or Scan once per iteration.</summary>
    ScanOutput,

    /// <summary>
    /// It is copied where it is computed, inside a Loop or Scan whose iterations may differ in shape, which no output
    /// of a loop can hold.
    /// </summary>
    Observed,
}

using Toolkit.Formats;

namespace Toolkit.Capture.Planning;

/// <summary>
/// Which values of a model are wanted. Patterns of one kind widen the choice, different kinds narrow it.
/// </summary>
public sealed record ValueSelection
{
    /// <summary>How many names a message lists.</summary>
    private const int MostNames = 5;

    /// <summary>Names or keys, with <c>*</c> for any text and <c>?</c> for one character; empty for all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Operators, such as <c>Relu</c>, with wildcards; empty for all.</summary>
    public IReadOnlyList<string> OpTypes { get; init; } = [];

    /// <summary>Scopes' paths, with wildcards; empty for all. A scope takes those inside it along.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Roles, such as <c>hidden</c>, with wildcards; empty for all.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>
    /// Reads patterns as a command line gives them: <c>op:Relu</c>, <c>scope:If_0*</c>, <c>role:hidden</c>; anything
    /// else is a name.
    /// </summary>
    /// <param name="patterns">The patterns.</param>
    /// <returns>The selection.</returns>
    public static ValueSelection Parse(IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        var list = patterns.ToList();
        return new ValueSelection
        {
            OpTypes = Of("op:"),
            Scopes = Of("scope:"),
            Roles = Of("role:"),
            Names =
            [
                .. list.Where(static text => !text.StartsWith("op:", StringComparison.Ordinal)
                    && !text.StartsWith("scope:", StringComparison.Ordinal)
                    && !text.StartsWith("role:", StringComparison.Ordinal)),
            ],
        };

        List<string> Of(string prefix) =>
            [.. list.Where(text => text.StartsWith(prefix, StringComparison.Ordinal)).Select(
                text => text[prefix.Length..])];
    }

    /// <summary>
    /// The values of a plan that are wanted, exposable or not, without inputs and constants unless they are named.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <returns>The values, in order of evaluation.</returns>
    /// <exception cref="BadInputException">
    /// A pattern matches nothing (the message names the nearest), or no value matches one of each kind.
    /// </exception>
    public IEnumerable<PlannedValue> Apply(ExposurePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Check(plan, Names, "value", static value => [value.Key, value.Name]);
        Check(plan, OpTypes, "operator", static value => [value.OpType]);
        Check(plan, Scopes, "scope", static value => [value.Scope]);
        Check(plan, Roles, "role", static value => value.Role is null ? [] : [value.Role], where: RolesOf(plan));
        var matches = plan.Values
            .Where(value => IsNamed(value) && IsOperator(value) && IsInScope(value) && HasRole(value)).ToList();
        return matches.Count > 0 || plan.Values.Count == 0 ? matches : throw Disjoint(plan);
    }

    /// <summary>Refuses patterns on names that match no value.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="names">The patterns.</param>
    /// <param name="option">The option that they were given to.</param>
    /// <exception cref="BadInputException">A pattern matches nothing; the message names the nearest.</exception>
    internal static void CheckNames(ExposurePlan plan, IEnumerable<string> names, string option) =>
        Check(plan, [.. names], "value", static value => [value.Key, value.Name], $"{option}: ");

    private bool IsNamed(PlannedValue value) => Any(Names, value.Key, value.Name);

    private bool IsOperator(PlannedValue value) => Any(OpTypes, value.OpType);

    private bool IsInScope(PlannedValue value) => Scopes.Count == 0
        || Scopes.Any(pattern =>
            Wildcard.Matches(pattern, value.Scope) || Wildcard.Matches(pattern + "/*", value.Scope));

    private bool HasRole(PlannedValue value) => Roles.Count == 0 || (value.Role is { } role && Any(Roles, role));

    /// <summary>
    /// Every pattern matches a value, but none matches one of each kind: probably all of them are wanted.
    /// </summary>
    private BadInputException Disjoint(ExposurePlan plan)
    {
        List<(string Text, Func<PlannedValue, bool> Matches)> kinds =
        [
            .. Kind(Names, "", IsNamed),
            .. Kind(OpTypes, "op:", IsOperator),
            .. Kind(Scopes, "scope:", IsInScope),
            .. Kind(Roles, "role:", HasRole),
        ];
        return new BadInputException(
            $"{plan.ModelPath}: no value is selected by all of "
                + $"{string.Join(" and ", kinds.Select(static kind => kind.Text))}: "
            + "patterns of one kind add up, those of different kinds narrow each other. To have all of them, "
            + "give names "
            + $"alone: {string.Join("; ", kinds.Skip(Names.Count > 0 ? 1 : 0).Select(kind => Listed(kind.Text, kind.Matches)))}.");

        static IEnumerable<(string Text, Func<PlannedValue, bool> Matches)> Kind(
            IReadOnlyList<string> patterns, string prefix, Func<PlannedValue, bool> matches) => patterns.Count == 0
                ? []
                : [(string.Join(" or ", patterns.Select(pattern => prefix + HostileText.Quote(pattern))), matches)];

        string Listed(string pattern, Func<PlannedValue, bool> matches) =>
            $"{pattern} is {HostileText.List([.. plan.Values.Where(matches).Select(static v => v.Key)], MostNames)}";
    }

    private static bool Any(IReadOnlyList<string> patterns, params ReadOnlySpan<string> texts)
    {
        if (patterns.Count == 0)
        {
            return true;
        }

        foreach (var text in texts)
        {
            foreach (var pattern in patterns)
            {
                if (pattern == text || Wildcard.Matches(pattern, text))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void Check(
        ExposurePlan plan,
        IReadOnlyList<string> patterns,
        string what,
        Func<PlannedValue, IReadOnlyList<string>> texts,
        string option = "",
        string where = " List them with `inspect model`.")
    {
        foreach (var pattern in patterns)
        {
            if (!plan.Values.Any(value => texts(value).Any(text => pattern == text || Wildcard.Matches(pattern, text))))
            {
                throw new BadInputException(
                    $"{plan.ModelPath}: {option}no {what} matches {HostileText.Quote(pattern)}."
                    + NearestName.Hint(pattern, plan.Values.SelectMany(texts).Distinct(StringComparer.Ordinal))
                    + where);
            }
        }
    }

    private static string RolesOf(ExposurePlan plan)
    {
        var roles = plan.Values.Select(static value => value.Role).OfType<string>().Distinct(StringComparer.Ordinal);
        var list = HostileText.List([.. roles], MostNames);
        return list == "nothing"
            ? " Its values have no roles: those are in the metadata of group networks that `train` or `inspect import` "
                + "wrote. Take a name, op: or scope:, which `inspect model` lists."
            : $" It has {list}; `inspect model` shows them in brackets behind the names.";
    }
}

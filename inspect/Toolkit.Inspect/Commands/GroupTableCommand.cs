using System.CommandLine;
using System.Text.Json;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Inspect.Results;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect group-table</c>: the elements of a group, its classes and its characters.</summary>
internal static class GroupTableCommand
{
    public static Command Create(Terminal terminal)
    {
        var group = new Argument<string>("GROUP")
        {
            Description =
                "S5, A5, C113, D59 (order 118), Q8, C3xS3; a file with a multiplication table; or JSON such as "
                    + "{\"generators\": [\"(0 1 2)\", \"(0 1)\"]}.",
        };
        var characters = new Option<bool>("--characters")
        {
            Description = "The character table of the real irreps instead of the elements.",
        };
        var order = new Option<string>("--order")
        {
            Description = "How elements are numbered: published (default; the order of the published checkpoints) or "
                + "lexicographic.",
            DefaultValueFactory = static _ => "published",
        };
        var json = new Option<bool>("--json")
        {
            Description = "One JSON document instead of a table; with the multiplication table.",
        };
        var command = new Command(
            "group-table", "Elements of a group with order, signature, inverse and class; or its characters.")
        {
            group, characters, order, json,
        };
        command.SetAction((parsed, _) =>
        {
            var built = Build(parsed.GetValue(group)!, ParseOrder(parsed.GetValue(order)!));
            if (parsed.GetValue(characters))
            {
                ShowCharacters(terminal, IrrepTable.Of(built), parsed.GetValue(json));
            }
            else
            {
                ShowElements(terminal, built, parsed.GetValue(json));
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>Builds the group that a person names on the command line.</summary>
    internal static FiniteGroup Build(string text, ElementOrdering ordering)
    {
        if (text.TrimStart().StartsWith('{'))
        {
            try
            {
                using var document = JsonDocument.Parse(text);
                return FiniteGroup.Create(
                    GroupDefinitionJson.ReadDefinition(document.RootElement, null, "GROUP", string.Empty), ordering);
            }
            catch (JsonException fault)
            {
                throw new BadInputException($"GROUP is no JSON: {fault.Message}", fault);
            }
        }

        return File.Exists(text)
            ? FiniteGroup.Create(new GroupDefinition.Cayley(CayleyTable.Read(text), text), ordering)
            : FiniteGroup.Parse(text, ordering);
    }

    private static ElementOrdering ParseOrder(string text) => text switch
    {
        "published" => ElementOrdering.Published,
        "lexicographic" => ElementOrdering.Lexicographic,
        _ => throw new UsageException($"--order {text}: published or lexicographic was expected."),
    };

    private static void ShowElements(Terminal terminal, FiniteGroup group, bool json)
    {
        var all = Enumerable.Range(0, group.Order);
        if (json)
        {
            terminal.WriteJson(new
            {
                group.Name,
                group.Order,
                group.Identity,
                group.IsAbelian,
                Generators = group.Generators.Select(group.ElementName),
                Elements = all.Select(i => new
                {
                    Index = i,
                    Name = group.ElementName(i),
                    Cycles = group.Degree == 0 ? null : group.CycleNotation(i),
                    Order = group.OrderOf(i),
                    Signature = group.Signature(i),
                    Inverse = group.Inverse(i),
                    Class = group.ClassOf(i),
                }),
                Classes = Enumerable.Range(0, group.ClassCount).Select(c => group.Class(c).ToArray()),
                Table = all.Select(i => group.Row(i).ToArray()),
            });
            return;
        }

        List<TableColumn> columns =
        [
            TableColumn.Create("index", all.ToArray()),
            TableColumn.Create("element", [.. all.Select(group.ElementName)]),
        ];
        if (group.Degree > 0 && group.ElementName(group.Identity) != group.CycleNotation(group.Identity))
        {
            columns.Add(TableColumn.Create("cycles", [.. all.Select(group.CycleNotation)]));
        }

        columns.Add(TableColumn.Create("order", all.Select(group.OrderOf).ToArray()));
        if (group.Degree > 0)
        {
            columns.Add(TableColumn.Create("signature", all.Select(i => group.Signature(i)!.Value).ToArray()));
        }

        columns.Add(TableColumn.Create("inverse", [.. all.Select(i => group.ElementName(group.Inverse(i)))]));
        columns.Add(TableColumn.Create("class", all.Select(group.ClassOf).ToArray()));
        terminal.Write(TableView.Of(new Table(columns)));
        terminal.Log(
            $"{group.Name}: {group.Order} elements in {group.ClassCount} classes; the identity is element "
                + $"{group.Identity}.");
    }

    private static void ShowCharacters(Terminal terminal, IrrepTable irreps, bool json)
    {
        var group = irreps.Group;
        var classes = Enumerable.Range(0, group.ClassCount).ToArray();
        if (json)
        {
            terminal.WriteJson(new
            {
                group.Name,
                group.Order,
                Classes = classes.Select(c => new
                {
                    Representative = group.ElementName(group.Class(c)[0]),
                    Order = group.OrderOf(group.Class(c)[0]),
                    Size = group.Class(c).Length,
                }),
                Irreps = irreps.Select(irrep => new
                {
                    irrep.Name,
                    irrep.SystematicName,
                    irrep.Dimension,
                    irrep.Type,
                    irrep.Norm,
                    Characters = irrep.ClassCharacters.ToArray(),
                }),
                irreps.HomomorphismError,
                irreps.OrthogonalityError,
            });
            return;
        }

        var columns = new List<TableColumn>
        {
            TableColumn.Create("irrep", [.. irreps.Select(irrep => irrep.Name).Prepend("class size")]),
            TableColumn.Create("type", [.. irreps.Select(irrep => irrep.Type.ToString()).Prepend(null)]),
        };
        if (irreps.Any(irrep => irrep.PublishedName is not null))
        {
            columns.Insert(1, TableColumn.Create(
                "also",
                [.. irreps.Select(irrep => irrep.PublishedName is null ? null : irrep.SystematicName).Prepend(null)]));
        }

        var keys = columns.Count;
        columns.AddRange(classes.Select(c => TableColumn.Create(
            group.ClassName(c),
            irreps
                .Select(irrep => Math.Round(irrep.ClassCharacters[c], 10) + 0.0)
                .Prepend(group.Class(c).Length)
                .ToArray())));
        foreach (var block in TableView.Blocks(new Table(columns), keys, terminal.Out.Profile.Width))
        {
            terminal.Write(block);
        }

        terminal.Log(
            $"{group.Name}: {irreps.Count} real irreps, Σ d²/⟨χ,χ⟩ = {irreps.Sum(irrep => irrep.IsotypicRank)}; "
                + $"largest deviation from a homomorphism {irreps.HomomorphismError:g2}, from orthogonal characters "
                + $"{irreps.OrthogonalityError:g2}.");
    }
}

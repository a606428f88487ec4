using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Toolkit.Formats;

namespace Toolkit.Query;

/// <summary>
/// Lets one SELECT pass and nothing else: no COPY, ATTACH, SET, PRAGMA, INSTALL, no second statement.
/// </summary>
/// <remarks>The parser of DuckDB itself decides what a text is; no pattern over the text does.</remarks>
internal static partial class StatementCheck
{
    public static void RequireSelect(DuckDBConnection connection, string sql)
    {
        var count = NativeMethods.ExtractStatements.DuckDBExtractStatements(
            connection.NativeConnection, sql, out var statements);
        using (statements)
        {
            if (count == 0)
            {
                var error = NativeMethods.ExtractStatements.DuckDBExtractStatementsError(statements);
                throw new BadInputException(string.IsNullOrWhiteSpace(error)
                    ? "The query is empty; one SELECT statement was expected."
                    : QueryFaults.Explain(error));
            }

            if (count > 1)
            {
                throw new BadInputException($"The query has {count} statements; one SELECT statement was expected.");
            }

            var state = NativeMethods.ExtractStatements.DuckDBPrepareExtractedStatement(
                connection.NativeConnection, statements, 0, out var prepared);
            using (prepared)
            {
                if (state != DuckDBState.Success)
                {
                    throw new BadInputException(
                        QueryFaults.Explain(NativeMethods.PreparedStatements.DuckDBPrepareError(prepared)));
                }

                var type = PreparedStatementType(prepared.DangerousGetHandle());
                if (type != DuckDBStatementType.Select)
                {
                    throw new BadInputException(
                        $"The query is a {type.ToString().ToUpperInvariant()} statement; runs are read only, one "
                            + "SELECT statement was expected.");
                }
            }
        }
    }

    [LibraryImport("duckdb", EntryPoint = "duckdb_prepared_statement_type")]
    private static partial DuckDBStatementType PreparedStatementType(nint statement);
}

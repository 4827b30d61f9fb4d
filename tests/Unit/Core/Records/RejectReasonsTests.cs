using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Records;

public sealed class RejectReasonsTests
{
    [Fact]
    public void Every_reason_has_a_code_of_its_own()
    {
        var codes = Enum.GetValues<RejectReason>().Select(r => r.Code()).ToList();
        Assert.Distinct(codes);
        Assert.All(codes, code => Assert.Matches("^[a-z][a-z0-9_]*$", code));
        Assert.Equal(("missing_field", "invalid_json", "nul_character"),
            (RejectReason.MissingField.Code(), RejectReason.InvalidJson.Code(), RejectReason.NulCharacter.Code()));
    }

    [Fact]
    public void Rejection_reads_as_code_and_field()
    {
        Assert.Equal("missing_field (user_id)", new Rejection(RejectReason.MissingField, "user_id").ToString());
        Assert.Equal("invalid_json", new Rejection(RejectReason.InvalidJson).ToString());
    }
}

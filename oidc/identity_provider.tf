# An account can have one provider for GitHub. It has no thumbprint: AWS verifies GitHub's certificate without one.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_openid_connect_provider" "this" {
  count = var.create_oidc_provider ? 0 : 1

  url = "https://${local.issuer}"

  lifecycle {
    postcondition {
      condition     = contains(self.client_id_list, "sts.amazonaws.com")
      error_message = "The account's provider for GitHub must have the audience sts.amazonaws.com: add it with `aws iam add-client-id-to-open-id-connect-provider`."
    }
  }
}

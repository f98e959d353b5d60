locals {
  # All that the provider asks for about a bucket, whatever it is used for. Of s3:ListBucket it needs whether the bucket is
  # there; AWS has no narrower right for that, and so the names of the images come with it.
  bucket_reads = [
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
  ]
  queue_reads = ["sqs:GetQueueAttributes", "sqs:ListQueueTags"]

  deploy_images = {
    for stage in var.stages : stage => [
      # No right on the objects: what still holds images is not deleted by a destroy. (A lifecycle rule, or code that it
      # deploys, could.) None on the block of public access either, which every new bucket has. The tags of a bucket have two
      # rights each, as the provider uses another API for them from 6.23 on.
      {
        Sid    = "Bucket"
        Effect = "Allow"
        Action = concat(local.bucket_reads, [
          "s3:CreateBucket",
          "s3:DeleteBucket",
          "s3:DeleteBucketPolicy",
          "s3:PutBucketCORS",
          "s3:PutBucketNotification",
          "s3:PutBucketOwnershipControls",
          "s3:PutBucketPolicy",
          "s3:PutBucketTagging",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
          "s3:TagResource",
          "s3:UntagResource",
        ])
        Resource = local.arns[stage].images
      },
      {
        Sid      = "Queue"
        Effect   = "Allow"
        Action   = concat(local.queue_reads, ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"])
        Resource = local.arns[stage].queues
      },
    ]
  }
}

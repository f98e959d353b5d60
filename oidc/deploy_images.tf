locals {
  # Everything the provider reads of any bucket. It uses s3:ListBucket to see whether the bucket exists; AWS has no narrower
  # permission for that, so the images' names come with it.
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
      # No permission on objects: a destroy cannot delete a bucket that holds images. (A lifecycle rule, or deployed code,
      # could.) None on the public access block either, which every new bucket has. Tags need two permissions each: the
      # provider uses another API for them from 6.23 on.
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

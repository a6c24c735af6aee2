OPTIONS = {
    "name": "shop",
    "tasks": "shop.tasks",
    "config": "shop.config.ShopConfig",
}
